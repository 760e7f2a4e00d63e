"""Makes golden/tokens.json: token ids of the reference tokenizers (Hugging Face transformers and tokenizers).

    python test/parity/tokens.py [--shared ../shared/data] [--smollm2 .cache/models/SmolLM2-135M-Instruct]

Small tokenizers are trained here and stored in the golden file, once as they are and once for every kind of step that
the program rewrites or has to get right; folders with real tokenizers are only named. Run from the project's root.
"""

import argparse
import json
from pathlib import Path

from tokenizers import Tokenizer, __version__ as tokenizers_version, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, __version__ as transformers_version

TEXTS = [
    "Once upon a time, there was a little girl named Lily.",
    "Hello  world",
    " leading and trailing ",
    "   ",
    "",
    "a\n\nb\n\n\nc\r\nd\te",
    "it's IT'S we'll WE'LL they're I'd don't 'tis 'ſ",
    "1234567890 3.14159 1,000,000 0x1F 10^-5 ½ x² H₂O ٣٤ Ⅷ 第３章",
    "def f(x):\n    return x ** 2  # square\n\n\nclass A:\n\tpass\n",
    '{"key": [1, 2, {"n": null}], "s": "\\n\\u00e9"}',
    "for (int i = 0; i < n; ++i) { a[i] += b[i]; } // done",
    "<p class=\"x\">R&amp;D</p> https://example.org/a?b=c&d=e#f",
    "$& $1 $$ 100$ %s {0} \\d+",
    "你好，世界。这是一个测试！",
    "日本語のテキスト、カタカナ、ひらがな。",
    "한국어 문장입니다. \u1112\u1161\u11ab",
    "العربية עברית हिन्दी ไทย",
    "naïve café e\u0301 n\u0303 Å \u212b ﬁ ß ſ Σίσυφος İstanbul",
    "😀 👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 🇩🇪 👍🏽",
    "a\u00a0b\u0085c\ufeffd\u2028e\u3000f\u200bg",
    "\x00\x07\x1b \x7f \uffff",
    "<s>a</s> b <unk> <|im_start|>user\nHi<|im_end|> <|endoftext|>",
    "▁▁a▁ b _ __init__",
    "=" * 40 + "\n" + "-" * 41 + "\n" + " " * 17 + "x" + "\n" * 9,
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ABABABABABABAB",
    "Supercalifragilisticexpialidocious antidisestablishmentarianism",
    "“Quotes” – dashes — ellipsis… ‘single’ «guillemets» ¿qué? ¡sí!",
    "Question: Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nAnswer: 72\n#### 72",
]

LLAMA3 = (
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
    "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
)


def byte_tokenizer():
    """Byte-level, as GPT-2, SmolLM2, LLaMA 3 and Qwen."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return json.loads(tokenizer.to_str())


def piece_tokenizer():
    """Pieces with byte fallback, as LLaMA 2 and Mistral."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=520,
        limit_alphabet=60,
        special_tokens=["<unk>", "<s>", "</s>", *bytes_],
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    made = json.loads(tokenizer.to_str())
    made["added_tokens"] = made["added_tokens"][:3]
    made["pre_tokenizer"] = None
    made["normalizer"] = {
        "type": "Sequence",
        "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ],
    }
    return made


def sequence(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


def split(regex, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert}


def byte_level(prefix=False, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}


def metaspace(scheme, splits):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": splits}


def variants(made):
    """(name, base, what differs from it)"""
    digits = {"type": "Digits", "individual_digits": True}
    runs = {"type": "Digits", "individual_digits": False}
    plus = {"type": "Split", "pattern": {"String": "+"}, "behavior": "Isolated", "invert": False}
    dollars = {"type": "Replace", "pattern": {"String": "a"}, "content": "$&"}
    flags = [{**token, "lstrip": token["id"] == 1, "rstrip": token["id"] == 2} for token in made["bytes"]["added_tokens"]]
    yield "byte level", "bytes", {}
    yield "byte level, digits apart", "bytes", {"pre_tokenizer": sequence(digits, byte_level())}
    yield "byte level, runs of digits apart", "bytes", {"pre_tokenizer": sequence(runs, byte_level())}
    yield "byte level with a space in front", "bytes", {"pre_tokenizer": byte_level(prefix=True)}
    yield "LLaMA 3's pattern", "bytes", {"pre_tokenizer": sequence(split(LLAMA3), byte_level(regex=False))}
    yield "matches kept only", "bytes", {"pre_tokenizer": sequence(split(LLAMA3, "Removed", True), byte_level(regex=False))}
    yield "whole words first", "bytes", {"model": {**made["bytes"]["model"], "ignore_merges": True}}
    yield "punctuation and a plain sign apart", "bytes", {
        "pre_tokenizer": sequence(plus, {"type": "Punctuation", "behavior": "Isolated"}, byte_level())
    }
    yield "composed", "bytes", {"normalizer": {"type": "NFC"}}
    yield "decomposed, a replacement with dollars", "bytes", {
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKD"}, dollars]}
    }
    yield "special tokens that take spaces", "bytes", {"added_tokens": flags}
    yield "pieces", "pieces", {}
    for scheme, splits in [("always", True), ("always", False), ("first", True), ("never", True)]:
        name = f"pieces, metaspace {scheme}{', split' if splits else ''}"
        yield name, "pieces", {"normalizer": None, "pre_tokenizer": metaspace(scheme, splits)}
    yield "pieces without byte fallback", "pieces", {"model": {**made["pieces"]["model"], "byte_fallback": False}}


def small_cases(made):
    for name, base, patch in variants(made):
        tokenizer = Tokenizer.from_str(json.dumps({**made[base], **patch}))
        if "model" in patch:
            patch = {"model": {key: value for key, value in patch["model"].items() if key not in ("vocab", "merges")}}
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
        yield {"name": name, "base": base, "patch": patch, "ids": ids}


def folder_case(name, folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return {
        "name": name,
        "size": len(tokenizer),
        "bosId": tokenizer.bos_token_id,
        "eosId": tokenizer.eos_token_id,
        "ids": [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS],
        "withSpecialTokens": [tokenizer(text)["input_ids"] for text in TEXTS],
        "decoded": [
            tokenizer.decode(tokenizer(text)["input_ids"], clean_up_tokenization_spaces=False) for text in TEXTS
        ],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", default="../shared/data")
    parser.add_argument("--smollm2", default=".cache/models/SmolLM2-135M-Instruct")
    options = parser.parse_args()
    made = {"bytes": byte_tokenizer(), "pieces": piece_tokenizer()}
    golden = {
        "madeBy": f"test/parity/tokens.py, transformers {transformers_version}, tokenizers {tokenizers_version}",
        "texts": TEXTS,
        "tokenizers": made,
        "cases": list(small_cases(made)),
        "folders": [
            folder_case("stories260K", f"{options.shared}/stories260K"),
            folder_case("qwen3", f"{options.shared}/tokenizers/qwen3"),
            folder_case("smollm2", options.smollm2),
        ],
    }
    target = Path(__file__).parent / "golden" / "tokens.json"
    target.write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(f"{target}: {len(golden['cases'])} small tokenizers, {len(golden['folders'])} folders, {len(TEXTS)} texts")


main()
