# Runs a command on a terminal of its own: interactive.py COLUMNS ROWS STDOUT COMMAND...
# What comes on stdin is typed; what the terminal shows goes to stdout. STDOUT is a file for the stdout of the command, or
# `-` for the terminal. In the end stderr tells, as JSON, how the command ended and how it left the terminal.
import fcntl, json, os, pty, select, struct, subprocess, sys, termios

columns, rows, out, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def lead():
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)


stdout = slave if out == "-" else os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
child = subprocess.Popen(command, stdin=slave, stdout=stdout, stderr=slave, preexec_fn=lead)
# Its first line of stderr: whom to send a signal.
print(child.pid, file=sys.stderr, flush=True)

keys = [0]
while child.poll() is None:
    ready, _, _ = select.select([master] + keys, [], [], 0.02)
    if master in ready:
        os.write(1, os.read(master, 65536))
    if 0 in ready:
        typed = os.read(0, 65536)
        if typed:
            os.write(master, typed)
        else:
            keys = []
while select.select([master], [], [], 0)[0]:
    os.write(1, os.read(master, 65536))

local = termios.tcgetattr(slave)[3]
print(
    json.dumps(
        {
            "code": child.returncode,
            "echo": bool(local & termios.ECHO),
            "lines": bool(local & termios.ICANON),
        }
    ),
    file=sys.stderr,
)
