# SPDX-License-Identifier: MIT
"""A crawl of many workers over one PostgreSQL, each on a machine of its own
(network.py) or on this one: its processes, and how they are disturbed."""
import os
import signal
import subprocess
import time

import network


class Worker:
    """A worker's directory, and the process that works in it."""

    def __init__(self, crawl, number, machine=None):
        self.crawl = crawl
        self.number = number
        self.machine = machine
        self.directory = os.path.join(crawl.directory, "w%d" % number)
        self.child = None
        self.busy = False  # disturbed, and not yet put right
        self.ended = None  # its exit code, when it has ended by itself
        self.seen_off = False
        self.started = 0.0
        self.cpu_s = 0.0

    def command(self, *arguments):
        command = [self.crawl.program, "crawl", *arguments]
        return self.machine.command(*command) if self.machine else command

    def said_path(self):
        return self.directory + ".err"

    def start(self):
        self.ended = None
        self.started = time.monotonic()
        with open(self.said_path(), "ab") as said:
            self.child = subprocess.Popen(
                self.command(*self.crawl.options, self.directory,
                             self.crawl.seed),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=said, env=self.crawl.environment,
                preexec_fn=network.die_with_parent)

    def poll(self):
        """Whether it runs; if it has ended by itself, `ended` has its code."""
        if not self.child:
            return False
        pid, status, usage = os.wait4(self.child.pid, os.WNOHANG)
        if not pid:
            return True
        self.note_end(status, usage)
        self.ended = self.child.returncode
        self.child = None
        return False

    def note_end(self, status, usage):
        self.child.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_s += usage.ru_utime + usage.ru_stime

    def kill(self):
        if not self.child:
            return
        self.child.send_signal(signal.SIGKILL)
        _, status, usage = os.wait4(self.child.pid, 0)
        self.note_end(status, usage)
        self.child = None

    def freeze(self):
        self.child.send_signal(signal.SIGSTOP)

    def thaw(self):
        if self.child:
            self.child.send_signal(signal.SIGCONT)

    def repair(self):
        """`lariat crawl repair`, of a directory whose worker is gone, where no
        cable is pulled: what it says where it fails."""
        done = subprocess.run(
            [self.crawl.program, "crawl", "repair", self.directory],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=60,
            env=self.crawl.environment)
        return None if done.returncode == 0 else "repair of w%d: code %d: %s" \
            % (self.number, done.returncode, done.stdout.strip()[-200:])

    def last_words(self):
        try:
            with open(self.said_path(), encoding="utf-8",
                      errors="replace") as text:
                return text.read().strip()[-300:]
        except OSError:
            return ""


class SharedCrawl:
    """`options` are those of lariat crawl, for each worker the same."""

    def __init__(self, program, directory, seed, options, environment):
        self.program = program
        self.directory = directory
        self.seed = seed
        self.options = options
        self.environment = environment
        self.workers = []

    def join(self, machine=None):
        """A new worker, in a new directory."""
        worker = Worker(self, len(self.workers) + 1, machine)
        self.workers.append(worker)
        worker.start()
        return worker

    def running(self):
        return [worker for worker in self.workers if worker.poll()]

    def kill_all(self):
        for worker in self.workers:
            worker.thaw()
            worker.kill()

    def wait(self, limit_s):
        """Until all have ended; False: they had to be killed."""
        end = time.monotonic() + limit_s
        while self.running():
            if time.monotonic() > end:
                self.kill_all()
                return False
            time.sleep(0.02)
        return True

    def cpu_s(self):
        return sum(worker.cpu_s for worker in self.workers)


# ---- Disturbances ----

class Disturber:
    """Does something to a crawl every now and then, and puts it right again a
    while later; what is still to be put right is in `due`."""

    def __init__(self, crawl, database, draw, lease_s, say):
        self.crawl = crawl
        self.database = database
        self.draw = draw
        self.lease_s = lease_s
        self.say = say
        self.due = []
        self.database_busy = False
        self.away_until = 0.0
        self.refused = 0  # workers that began while it was away
        self.history = []  # when, what, whose machine
        self.counts = {}
        self.wrong = []
        self.kinds = [
            (4, "kill -9, and again", self.kill),
            (2, "kill -9 for good", self.replace),
            (4, "stopped past its lease", self.freeze),
            (4, "cable to the database", self.cut_database),
            (4, "cable to the web", self.cut_web),
            (2, "database restarted", self.restart_database)]

    def later(self, seconds, what):
        self.due.append((time.monotonic() + seconds, what))

    def settle(self, all_of_it=False):
        """Puts right what is due to be."""
        now = time.monotonic()
        ready = [one for one in self.due if all_of_it or one[0] <= now]
        self.due = [one for one in self.due if one not in ready]
        for _, what in ready:
            what()

    def disturb(self):
        """One more; False: there is nothing that can be disturbed now."""
        free = [worker for worker in self.crawl.running() if not worker.busy]
        if not free:
            return False
        weights, names, acts = zip(*self.kinds)
        chosen = self.draw.choices(range(len(acts)), weights)[0]
        if acts[chosen](self.draw.choice(free)) is False:
            return False
        self.counts[names[chosen]] = self.counts.get(names[chosen], 0) + 1
        return True

    def note(self, what, worker=None):
        self.history.append((time.monotonic(), what,
                             worker.machine.number if worker else None))

    def before(self, when_s, machine):
        """The last things that were done to a machine, and the database."""
        return ["%s %.3f s before" % (what, when_s - at)
                for at, what, whose in self.history
                if at <= when_s and whose in (None, machine)][-4:]

    def done(self):
        return sum(self.counts.values())

    def release(self, worker, what):
        def act():
            what()
            worker.busy = False
            self.note("put right", worker)
        return act

    def kill(self, worker):
        worker.kill()
        self.note("killed", worker)
        worker.busy = True
        self.later(self.draw.choice((0, self.draw.uniform(0, 1.5) *
                                     self.lease_s)),
                   self.release(worker, worker.start))

    def replace(self, worker):
        worker.kill()
        self.note("killed for good", worker)
        worker.busy = True  # for ever
        self.later(self.draw.uniform(0, self.lease_s),
                   lambda: self.crawl.join(worker.machine))
        if self.draw.random() < 0.5 and not self.database_busy:
            self.later(self.draw.uniform(0, 2 * self.lease_s),
                       lambda: self.repair(worker))

    def repair(self, worker):
        """While the others work on; if the database is away, at the end."""
        if not self.database_busy and os.path.exists(
                os.path.join(worker.directory, "worker")):
            self.wrong += filter(None, [worker.repair()])

    def freeze(self, worker):
        worker.freeze()
        self.note("stopped", worker)
        worker.busy = True
        self.later(self.draw.uniform(1.05, 2.5) * self.lease_s,
                   self.release(worker, worker.thaw))

    def cut(self, worker, bridge):
        worker.machine.pull(bridge)
        self.note("cut from the " + bridge, worker)
        worker.busy = True
        self.later(self.draw.uniform(0.1, 2.5) * self.lease_s, self.release(
            worker, lambda: worker.machine.put_back(bridge)))

    def cut_database(self, worker):
        self.cut(worker, network.DATABASE_BRIDGE)

    def cut_web(self, worker):
        self.cut(worker, network.WEB_BRIDGE)

    def restart_database(self, _):
        if self.database_busy:
            return False
        self.database_busy = True
        self.note("no database")
        self.database.stop(self.draw.choice(self.database.ways))
        self.later(self.draw.choice((0, self.draw.uniform(0, 2) *
                                     self.lease_s)), self.bring_back)
        return True

    def bring_back(self):
        self.database.start()
        self.database_busy = False
        self.away_until = time.monotonic()
        self.note("database there")
