import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

const MARK = 'ADEPT_TEST_MARK';

/** Finds all processes that a command has started, whoever their parent is by now: they carry its mark in their environment. */
export class MarkedProcesses {
  private readonly mark = randomUUID();

  /** Of the command that is to be found. */
  get env(): Readonly<Record<string, string>> {
    return { [MARK]: this.mark };
  }

  /** Those that have not ended. */
  alive(): number[] {
    return this.environments().map(({ pid }) => pid);
  }

  /** The process of a rank; undefined where there is none yet, or no more. */
  rank(number: number): number | undefined {
    return this.environments().find(({ variables }) => variables.includes(`RANK=${number}`))?.pid;
  }

  private environments(): { pid: number; variables: readonly string[] }[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({ pid: Number(name), variables: environmentOf(name) }))
      .filter(({ variables }) => variables.includes(`${MARK}=${this.mark}`));
  }
}

/** Empty where the process has ended. */
function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
