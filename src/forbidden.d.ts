// What a process may not import resolves to this file. It is no module, so importing it does not compile:
// one tsconfig per process says which names lead here.
