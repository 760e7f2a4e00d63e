"""A Python that has loaded PyTorch and transformers, which takes seconds of each process that tests start.

    python loadedPython.py --serve SOCKET         loads them, prints "ready", forks for each client; ends with its stdin
    python -S loadedPython.py --ask SOCKET ...    does in such a fork what `python ...` does

The fork has the client's arguments, environment, folder and standard streams; its exit status becomes the client's, and it
ends when the client does. `-m MODULE`, `-c CODE` and `FILE` are what it can run, after `-u`.
"""

import array
import json
import os
import socket
import struct
import sys

_SIZE = struct.Struct("<I")
_STREAMS = 3


def ask(path: str, argv: list[str]) -> int:
    """The client. Returns the exit status."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        request = json.dumps({"argv": argv, "cwd": os.getcwd(), "env": dict(os.environ)}).encode()
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", range(_STREAMS)))
        connection.sendmsg([_SIZE.pack(len(request))], [rights])
        connection.sendall(request)
        status = connection.recv(1)
    # Nothing is said where the fork was killed.
    return status[0] if status else 1


def serve(path: str) -> None:
    """Forks for each client until stdin ends."""
    import gc
    import select
    import signal

    load()
    # Forks share its memory until they write to it, and to look for garbage in it writes to every object.
    gc.collect()
    gc.freeze()
    # Nobody waits for forks: they tell their clients themselves.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Ctrl+C reaches the whole group: this one ends with what started it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in readable:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                listener.close()
                answer(connection)
            connection.close()


def load() -> None:
    """What most scripts import, and what that imports when a model is first opened."""
    import numpy  # noqa: F401
    import safetensors.torch  # noqa: F401
    import torch
    import transformers
    import transformers.modeling_utils
    import transformers.models.llama.modeling_llama

    torch.set_num_threads(1)
    assert transformers.AutoModelForCausalLM and transformers.get_scheduler


def answer(connection: socket.socket) -> None:
    """In the fork: becomes what the client asked for. Does not return."""
    import atexit
    import threading

    status = 1
    try:
        data, rights, _, _ = connection.recvmsg(_SIZE.size, socket.CMSG_SPACE(_STREAMS * array.array("i").itemsize))
        streams = array.array("i")
        for level, kind, descriptors in rights:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                streams.frombytes(descriptors)
        (size,) = _SIZE.unpack(data)
        request = json.loads(connection.makefile("rb").read(size))
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
            os.close(descriptor)
        threading.Thread(target=end_with, args=(connection,), daemon=True).start()
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        sys.path[1:1] = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
        sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(number, "w" if number else "r", closefd=False) for number in range(_STREAMS)
        )
        status = run([argument for index, argument in enumerate(request["argv"]) if index or argument != "-u"])
        sys.stdout.flush()
    finally:
        atexit._run_exitfuncs()
        sys.stderr.flush()
        connection.sendall(bytes([status & 0xFF]))
        os._exit(status)


def end_with(connection: socket.socket) -> None:
    """Ends this process when the client is gone, which sends nothing more."""
    connection.recv(1)
    os._exit(1)


def run(argv: list[str]) -> int:
    """As `python ARGV` does. Returns the exit status."""
    import runpy
    import traceback

    what, *rest = argv
    try:
        if what == "-m":
            sys.path[0], sys.argv = os.getcwd(), rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        elif what == "-c":
            sys.path[0], sys.argv = "", ["-c", *rest[1:]]
            exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
        else:
            sys.path[0], sys.argv = os.path.dirname(os.path.abspath(what)), argv
            runpy.run_path(what, run_name="__main__")
    except SystemExit as exit:
        if isinstance(exit.code, str):
            print(exit.code, file=sys.stderr)
        return exit.code if isinstance(exit.code, int) else 0 if exit.code is None else 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    what, socket_path, *arguments = sys.argv[1:]
    if what == "--serve":
        serve(socket_path)
    else:
        sys.exit(ask(socket_path, arguments))
