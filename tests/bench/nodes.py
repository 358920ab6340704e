"""Nodes for the benchmarks: as in the tests, an sshd each in namespaces of its own.

Needs root. Everything ends with this process, whatever way it ends.
"""
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
INIT = os.path.join(HERE, "..", "support", "nodes", "init.sh")
NET = 250          # 127.0.250.K; the tests stay below
PORT = 26022


class Cluster:
    """`count` nodes, node011 and up; `size` makes each disk a tmpfs."""

    def __init__(self, count, size=""):
        self.base = tempfile.mkdtemp(prefix="ledama-bench-")
        self.names = [f"node{i:03}" for i in range(11, 11 + count)]
        self.size = size
        self.children = {}
        for folder in ("home", "root", "bin"):
            os.mkdir(f"{self.base}/{folder}")
        os.makedirs("/run/sshd", exist_ok=True)
        self._key(f"{self.base}/id_ed25519")
        shutil.copy(f"{self.base}/id_ed25519.pub", f"{self.base}/authorized_keys")
        try:
            for name in self.names:
                self._start(name)
            self._client_files()
            for name in self.names:
                self._wait(name)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def address(self, name):
        return f"127.0.{NET}.{int(name[4:])}"

    @staticmethod
    def _key(path):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", path], check=True)

    def _start(self, name):
        folder = f"{self.base}/{name}"
        for disk in ("data1", "data2", "data3"):
            os.makedirs(f"{folder}/{disk}")
        self._key(f"{folder}/host_key")
        with open(f"{folder}/sshd_config", "w") as f:
            f.write(f"ListenAddress {self.address(name)}:{PORT}\nHostKey {folder}/host_key\nPidFile none\n"
                    f"AuthorizedKeysFile {self.base}/authorized_keys\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                    "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPrintMotd no\nUseDNS no\n"
                    "Subsystem sftp internal-sftp\n")
        log = open(f"{folder}/log", "w")
        self.children[name] = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child",
             "--mount-proc", "--propagation", "private", "/bin/sh", INIT, name, f"{self.base}/root", f"{self.base}/home",
             pwd.getpwuid(0).pw_dir, folder, self.size, f"{folder}/sshd_config"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

    def _wait(self, name):
        for _ in range(2000):
            if self.children[name].poll() is not None:
                raise SystemExit(f"{name} does not start: " + open(f"{self.base}/{name}/log").read())
            try:
                socket.create_connection((self.address(name), PORT), 5).close()
                return
            except OSError:
                time.sleep(0.01)
        raise SystemExit(f"{name} does not listen")

    def _client_files(self):
        b = self.base
        with open(f"{b}/known_hosts", "w") as f:
            for n in self.names:
                key = " ".join(open(f"{b}/{n}/host_key.pub").read().split()[:2])
                f.write(f"{n},[{self.address(n)}]:{PORT} {key}\n")
        with open(f"{b}/ssh_config", "w") as f:
            for n in self.names:
                f.write(f"Host {n}\n  HostName {self.address(n)}\n  HostKeyAlias {n}\n")
            f.write(f"Host *\n  User root\n  Port {PORT}\n  IdentityFile {b}/id_ed25519\n  IdentitiesOnly yes\n"
                    f"  UserKnownHostsFile {b}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
                    "  StrictHostKeyChecking yes\n  BatchMode yes\n")
        for tool in ("ssh", "scp"):
            with open(f"{b}/bin/{tool}", "w") as f:
                f.write(f'#!/bin/sh\nexec /usr/bin/{tool} -F {b}/ssh_config "$@"\n')
            os.chmod(f"{b}/bin/{tool}", 0o755)
        with open(f"{b}/ledama.toml", "w") as f:
            f.write(f'[ssh]\nport = {PORT}\nuser = "root"\nidentity = "{b}/id_ed25519"\nknown_hosts = ["{b}/known_hosts"]\n\n'
                    f'[[hosts]]\nprefix = "node"\nrange = "11-{10 + len(self.names)}"\nbare = true\n'
                    f'address = "127.0.{NET}.{{index}}"\n\n[data]\nfree_margin_mib = 16\n\n[paths]\nstate = "{b}/state"\n')

    def environment(self):
        """What a program needs to use these nodes: ssh and scp that know them, ledama's configuration."""
        e = dict(os.environ)
        e["PATH"] = f"{self.base}/bin:" + e["PATH"]
        e["LEDAMA_CONFIG"] = f"{self.base}/ledama.toml"
        e["HOME"] = f"{self.base}/state-home"
        os.makedirs(e["HOME"], exist_ok=True)
        return e

    def pids(self):
        return [c.pid for c in self.children.values()]

    def disk(self, name, disk):
        """A disk of a node, seen from here."""
        if not self.size:
            return f"{self.base}/{name}/{disk}"
        return f"/proc/{self._init(name)}/root/{disk}"

    def _init(self, name):
        """Process 1 of a node, by its number here."""
        pid = self.children[name].pid
        return open(f"/proc/{pid}/task/{pid}/children").read().split()[0]

    def close(self):
        inside = []
        for name, child in self.children.items():
            try:
                inside.append(self._init(name))
            except (OSError, IndexError):
                pass
            child.kill()
        for child in self.children.values():
            child.wait()
        # The kernel ends the rest of each node; its port is free then.
        while any(os.path.exists(f"/proc/{pid}") for pid in inside):
            time.sleep(0.01)
        shutil.rmtree(self.base, ignore_errors=True)
