# SPDX-License-Identifier: MIT
"""What a result must say of the machine, the versions and the commit."""
import os
import platform
import re
import shutil
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def output_of(*command):
    """What a command prints, or "" when it cannot be run."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=20,
                              stdin=subprocess.DEVNULL, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace")


def first_match(pattern, text):
    found = re.search(pattern, text)
    return found.group(1) if found else None


def find_program(name):
    """A program's path; administrators' directories count too."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    return shutil.which(name, path=path)


def find_python(*modules):
    """A Python that has the modules: the first one, or the system's."""
    imports = "import " + ", ".join(modules)
    for python in ("python3", "/usr/bin/python3"):
        if subprocess.run([python, "-c", imports], check=False,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as text:
            return first_match(r"model name[^:]*: *(.*)", text.read()) or ""
    except OSError:
        return ""


def load():
    return list(os.getloadavg())


def memory_mb():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def cpus():
    return len(os.sched_getaffinity(0))


def commit():
    text = output_of("git", "-C", ROOT, "rev-parse", "--short=10", "HEAD")
    if not re.fullmatch(r"[0-9a-f]+\n", text):
        return "unknown"
    changed = output_of("git", "-C", ROOT, "status", "--porcelain", "-uno")
    return text.strip() + ("+" if changed.strip() else "")


def cached(build, name):
    """A value in the cache of the build."""
    try:
        with open(os.path.join(build, "CMakeCache.txt"),
                  encoding="utf-8") as text:
            return first_match(r"(?m)^%s:[A-Z]+=(.*)$" % name, text.read())
    except OSError:
        return None


def facts(build):
    kind = cached(build, "CMAKE_BUILD_TYPE") or "unknown"
    flags = cached(build, "CMAKE_C_FLAGS_" + kind.upper()) or ""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": commit(),
        "machine": {
            "cpu": cpu_model() or platform.machine(),
            "cpus": cpus(),
            "memory_mb": memory_mb(),
            "kernel": platform.system() + " " + platform.release(),
        },
        "build": {"type": kind, "flags": flags},
        "versions": versions(),
        "load_before": load(),
    }


def versions():
    asked = {
        "compiler": (("cc", "--version"), r"^(.*)"),
        "libc": (("ldd", "--version"), r"^ldd \((.*)"),
        "OpenSSL": (("openssl", "version"), r"OpenSSL (\S+)"),
        "nginx": ((find_program("nginx") or "nginx", "-v"), r"nginx/(\S+)"),
        "curl": (("curl", "--version"), r"curl (\S+)"),
        "wget2": (("wget2", "--version"), r"Wget2 (\S+)"),
        "Go": (("go", "version"), r"go(\d\S*)"),
        "wrk": (("wrk", "-v"), r"wrk \S*?/?(\d[\d.]*)"),
        "h2load": (("h2load", "--version"), r"nghttp2/(\S+)"),
    }
    found = {name: first_match(pattern, output_of(*command))
             for name, (command, pattern) in asked.items()}
    return {name: value for name, value in found.items() if value}
