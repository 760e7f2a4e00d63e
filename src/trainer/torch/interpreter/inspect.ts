import * as v from 'valibot';
import { TorchFacts } from '../../../shared/engines/engineState';
import { failure, messageOf } from '../../../shared/common/errors';
import { runPython } from './runPython';

/** What the executor needs of Python packages, as pip is told. python/pyproject.toml says the same. */
export const REQUIREMENTS = ['torch>=2.8', 'transformers>=5.0', 'safetensors>=0.4'] as const;
const OLDEST_PYTHON = [3, 10] as const;

/** What an interpreter has. Runs without the package, which may not be able to. */
const SCRIPT = `
import json, re, sys
from importlib.metadata import PackageNotFoundError, version

found = {"python": ".".join(map(str, sys.version_info[:3])), "problems": [], "versions": {}}
if sys.version_info < (${OLDEST_PYTHON.join(', ')}):
    found["problems"].append("Python ${OLDEST_PYTHON.join('.')} or newer")
for requirement in ${JSON.stringify(REQUIREMENTS)}:
    name, least = requirement.split(">=")
    try:
        found["versions"][name] = version(name)
        have = [int(number) for number in re.findall(r"\\d+", version(name))[:2]]
        if have < [int(number) for number in least.split(".")]:
            found["problems"].append(f"{name} {least} or newer (it has {version(name)})")
            continue
        __import__(name)
    except PackageNotFoundError:
        found["problems"].append(f"{name} {least} or newer")
    except Exception as error:
        found["problems"].append(f"a {name} that can be imported ({type(error).__name__}: {error})")
found["compute"] = None
if not found["problems"]:
    import torch
    cuda = torch.cuda.is_available()
    found["compute"] = {
        "device": torch.cuda.get_device_name(0) if cuda else "CPU",
        "gpus": torch.cuda.device_count() if cuda else 0,
        "cuda": torch.version.cuda if cuda else None,
        "metal": torch.backends.mps.is_available(),
        "bfloat16": bool(cuda and torch.cuda.is_bf16_supported()),
    }
print(json.dumps(found))
`;

const Inspected = v.object({
  python: v.string(),
  /** What it lacks, each as a noun. */
  problems: v.array(v.string()),
  versions: v.record(v.string(), v.string()),
  compute: v.nullable(v.omit(TorchFacts, ['python', 'versions'])),
});

/** An interpreter that has all that the executor needs. */
export interface UsablePython extends TorchFacts {
  readonly interpreter: string;
}

/**
 * Asks an interpreter what it has.
 * @throws AdeptError (failure) when it lacks something, with the line that installs it
 */
export async function inspectPython(interpreter: string, signal?: AbortSignal): Promise<UsablePython> {
  const { python, problems, versions, compute } = await ask(interpreter, signal);
  if (compute === null) {
    const packages = REQUIREMENTS.map((requirement) => `"${requirement}"`).join(' ');
    throw failure(
      `${interpreter} (Python ${python}) lacks ${problems.join(' and ')}: run ${interpreter} -m pip install ${packages}, or choose another Python.`,
    );
  }
  return { interpreter, python, versions, ...compute };
}

async function ask(
  interpreter: string,
  signal: AbortSignal | undefined,
): Promise<v.InferOutput<typeof Inspected>> {
  const { status, lines, lastError } = await runPython(interpreter, ['-c', SCRIPT], { signal });
  if (status === 0) {
    try {
      return v.parse(Inspected, JSON.parse(lines.at(-1) ?? ''));
    } catch (error) {
      throw failure(`${interpreter} did not answer as a Python does (${messageOf(error)}).`, error);
    }
  }
  throw failure(
    `${interpreter} is no Python that can be used (${lastError || `it ended with ${String(status)}`}): choose another.`,
  );
}
