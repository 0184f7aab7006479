# SPDX-License-Identifier: MIT
"""A PostgreSQL of the bench's own, in a temporary directory, that ends with the
harness; and what its processes take."""
import glob
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

from servers import children_of

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT

CONFIG = """
listen_addresses = '%s'
port = %d
unix_socket_directories = '%s'
max_connections = 50
shared_buffers = 256MB
max_wal_size = 2GB
logging_collector = off
log_min_messages = warning
restart_after_crash = on
"""

# Others of the bench's network need no password.
ACCESS = """
local all all trust
host all all 127.0.0.0/8 trust
host all all 10.0.0.0/8 trust
"""


def programs():
    """The directory of the newest server that is installed, or None."""
    found = [path for path in glob.glob("/usr/lib/postgresql/*/bin")
             if os.path.exists(os.path.join(path, "initdb"))]
    return max(found, key=lambda path: float(path.split("/")[4]), default=None)


def unprivileged():
    """Whom the server is to run as, since it refuses root: None, as we do."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("there is no user for the server to run as")


class Postgres:
    """A server, and a database "lariat" whose owner is the role "lariat"."""
    ways = (FAST, IMMEDIATE)

    def __init__(self, address="127.0.0.1", port=5433, settings=()):
        self.bin = programs()
        if not self.bin:
            raise RuntimeError("there is no PostgreSQL server")
        self.user = unprivileged()
        self.address = address
        self.port = port
        self.child = None
        self.spent_s = 0.0  # by servers that have ended
        self.directory = tempfile.mkdtemp(prefix="lariat-pg-", dir="/tmp")
        if self.user:
            os.chown(self.directory, self.user.pw_uid, self.user.pw_gid)
        self.data = os.path.join(self.directory, "data")
        self.version = re.search(r"(\d+\.\d+)", self.output(
            "postgres", "--version")).group(1)
        self.make(settings)

    # ---- Its making ----

    def command(self, program, *arguments):
        command = [os.path.join(self.bin, program), *arguments]
        if not self.user:
            return command
        return ["setpriv", "--reuid", str(self.user.pw_uid), "--regid",
                str(self.user.pw_gid), "--clear-groups", "--pdeathsig", "INT",
                *command]

    def output(self, program, *arguments):
        return subprocess.run(self.command(program, *arguments), check=True,
                              stdout=subprocess.PIPE, text=True,
                              cwd="/").stdout

    def make(self, settings):
        self.output("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C",
                    "--no-instructions", "--username=postgres", self.data)
        with open(os.path.join(self.data, "postgresql.conf"), "a",
                  encoding="ascii") as text:
            text.write(CONFIG % (self.address, self.port, self.directory))
            text.writelines(line + "\n" for line in settings)
        with open(os.path.join(self.data, "pg_hba.conf"), "w",
                  encoding="ascii") as text:
            text.write(ACCESS)
        self.start()
        self.query("create role lariat login", database="postgres")
        self.query("create database lariat owner lariat", database="postgres")

    # ---- Beginning and ending ----

    def start(self):
        with open(os.path.join(self.directory, "log"), "ab") as log:
            self.child = subprocess.Popen(
                self.command("postgres", "-D", self.data), cwd="/",
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(600):
            if self.child.poll() is not None:
                raise RuntimeError("PostgreSQL did not start: " + self.log())
            if self.answers():
                return
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL does not answer")

    def answers(self):
        return subprocess.run(
            [os.path.join(self.bin, "pg_isready"), "-q", "-h", self.directory,
             "-p", str(self.port)], check=False).returncode == 0

    def stop(self, how=FAST):
        """Ends it: at once, or without a farewell to its clients and without
        writing a checkpoint."""
        if not self.child:
            return
        self.spent_s += self.live_cpu_s()
        self.child.send_signal(how)
        try:
            self.child.wait(60)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child = None

    def close(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- What it says ----

    def log(self):
        with open(os.path.join(self.directory, "log"),
                  encoding="utf-8", errors="replace") as text:
            return text.read()[-2000:]

    def url(self):
        return "postgres://lariat@%s:%d/lariat" % (self.address, self.port)

    def query(self, text, database="lariat"):
        """The rows of an answer, as lists of texts."""
        done = subprocess.run(
            [os.path.join(self.bin, "psql"), "-X", "-q", "-A", "-t", "-F",
             "\t", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-p",
             str(self.port), "-U", "postgres", database],
            input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, check=False)
        if done.returncode:
            raise RuntimeError("psql: " + done.stderr.strip()[-300:])
        return [line.split("\t") for line in done.stdout.splitlines()]

    # ---- What it takes ----

    def live_cpu_s(self):
        """Seconds of CPU of the server's processes, with those that have
        ended: the first one has waited for them."""
        pid = self.child.pid
        ticks = sum(map(ticks_of, [pid, *children_of(pid)]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def cpu_s(self):
        return self.spent_s + (self.live_cpu_s() if self.child else 0)


def ticks_of(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8") as text:
            fields = text.read().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])
