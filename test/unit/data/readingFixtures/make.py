"""Makes the fixtures of the reading tests: python make.py, with pyarrow, transformers and zstandard.

parquet and arrow files by pyarrow; chatTemplates.json holds what transformers' apply_chat_template makes of conversations.
The template of Qwen3 is read from the shared data folder and not copied.
"""
import json
import sys
from pathlib import Path

here = Path(__file__).parent
TEXTS = ['Löwe', None, '', 'four\n\nlines', 'five']
CONVERSATIONS = {
    'one turn': [{'role': 'user', 'content': ' Say "hi" & <ö> '}, {'role': 'assistant', 'content': 'hi\n'}],
    'system first': [
        {'role': 'system', 'content': 'Be kind.'},
        {'role': 'user', 'content': 'a'},
        {'role': 'assistant', 'content': 'b'},
        {'role': 'user', 'content': 'c'},
        {'role': 'assistant', 'content': '<think>\nwhy\n</think>\n\nd'},
    ],
    'a tool': [
        {'role': 'user', 'content': 'Weather?'},
        {
            'role': 'assistant',
            'content': '',
            'tool_calls': [{'function': {'name': 'weather', 'arguments': {'city': 'Köln', 'days': 2}}}],
        },
        {'role': 'tool', 'content': '{"sun": true}'},
        {'role': 'assistant', 'content': 'Sun.'},
    ],
}
SMOLLM2 = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
LLAMA3 = "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
GEMMA = "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
BLOCKS = """{% if tools is not none and tools is defined %}
    tools
{% endif %}
{%- for message in messages %}
    {%- set ns = namespace(text='') %}
    {%- for word in message.content.split(' ') %}
        {%- set ns.text = ns.text ~ word[:1] %}
    {%- endfor %}
    {% if loop.last %}
last {% endif %}
{{ message | tojson }} {{ ns.text }}{{ eos_token }}
{% endfor %}
"""


def parquet_files():
    import pyarrow as pa
    import pyarrow.parquet as pq

    write = lambda name, table, **more: pq.write_table(table, here / name, **more)
    texts = pa.array(TEXTS, pa.string())
    nested = pa.array([{'b': text, 'c': index} for index, text in enumerate(TEXTS[:4])] + [None])
    write('nested.parquet', pa.table({'id': range(5), 'a': nested}), row_group_size=2)
    write('large.parquet', pa.table({'content': pa.array(TEXTS, pa.large_string())}), data_page_version='2.0')
    ids = pa.array([[1, 2, 3], [4], [2**31 - 1, 0], None, [7, 8]], pa.list_(pa.int64()))
    write('ids.parquet', pa.table({'input_ids': ids, 'text': texts}))
    words = pa.array([[f'{row}.{item}' for item in range(row)] for row in range(24)])
    # Rows of one column reach over several pages.
    turns = pa.array(
        [[{'role': 'user', 'content': f'{row}'}, {'role': 'assistant', 'content': 'x' * row}] for row in range(24)]
    )
    write('turns.parquet', pa.table({'words': words, 'messages': turns}), data_page_size=64, write_batch_size=3, use_dictionary=False, compression='none')
    for codec in ('snappy', 'gzip', 'brotli', 'zstd', 'lz4'):
        write(f'{codec}.parquet', pa.table({'text': texts}), compression=codec)
    write('numbers.parquet', pa.table({'text': [1, 2], 'score': [0.5, None]}))
    table = pa.table({'text': texts.dictionary_encode(), 'input': pa.array(TEXTS, pa.large_string()), 'ids': ids})
    with pa.ipc.new_stream(here / 'stream.arrow', table.schema) as stream:
        stream.write_table(table, max_chunksize=2)
    with pa.ipc.new_file(here / 'file.arrow', table.schema, options=pa.ipc.IpcWriteOptions(compression='zstd')) as file:
        file.write_table(table, max_chunksize=2)


def rendered(template, tokens, messages):
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), chat_template=template, **tokens)
    try:
        return {'text': tokenizer.apply_chat_template(messages, tokenize=False)}
    except Exception as error:
        return {'error': str(error)}


def chat_templates(shared):
    qwen3 = json.loads((shared / 'tokenizers/qwen3/tokenizer_config.json').read_text())
    templates = {
        'SmolLM2': (SMOLLM2, {'bos_token': '<|im_start|>', 'eos_token': '<|im_end|>'}),
        'Llama 3': (LLAMA3, {'bos_token': '<|begin_of_text|>', 'eos_token': '<|eot_id|>'}),
        'Gemma': (GEMMA, {'bos_token': '<bos>', 'eos_token': '<eos>'}),
        'blocks': (BLOCKS, {'eos_token': '</s>'}),
        'Qwen3': (qwen3['chat_template'], {'eos_token': '<|im_end|>'}),
    }
    cases = []
    for name, (template, tokens) in templates.items():
        for title, messages in CONVERSATIONS.items():
            shown = {} if name == 'Qwen3' else {'template': template}
            cases.append({'name': f'{name}, {title}', **shown, 'tokens': tokens, 'messages': messages, **rendered(template, tokens, messages)})
    (here / 'chatTemplates.json').write_text(json.dumps(cases, indent=1, ensure_ascii=False) + '\n')


if __name__ == '__main__':
    if sys.argv[1] == 'files':
        parquet_files()
    else:
        chat_templates(Path(sys.argv[2]))
