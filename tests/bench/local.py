"""What needs no node: start-up, listing of many modules, a large RefFile."""
import os
import sys
import tempfile

from measure import Table, cost

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(HERE, "..", "..", "modules")
OPTPARSE = "import optparse; p = optparse.OptionParser(); [p.add_option('--o%d' % k) for k in range(12)]; p.parse_args(['-h'])"


def _alone(folder):
    """An environment in which no configuration of this machine counts."""
    return {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8"}


def startup(binary, quick):
    """`--help` of one module against a Python program that only parses options."""
    times = 5 if quick else 40
    with tempfile.TemporaryDirectory() as folder:
        env = _alone(folder)
        table = Table("start-up: `ledama run CopyData --help`", "ms", more_is_better=False)
        ours = cost([binary, "run", "CopyData", "--help"], times, env, warm=True).wall * 1e3
        table.ledama(ours)
        table.peer("python3, optparse --help", cost([sys.executable, "-c", OPTPARSE], times, env, warm=True).wall * 1e3)
        table.peer("bash -c true", cost(["bash", "-c", "true"], times, env, warm=True).wall * 1e3)
        table.target("below 10 ms", ours < 10)
    return [table]


def listing(binary, quick):
    """`list` over 95 modules, made from those of the project under other names."""
    times = 5 if quick else 30
    with tempfile.TemporaryDirectory() as folder:
        originals = sorted(f for f in os.listdir(MODULES) if f.endswith(".rhai"))
        os.mkdir(f"{folder}/modules")
        for k in range(95):
            name = originals[k % len(originals)]
            with open(os.path.join(MODULES, name)) as f:
                # Its examples begin with its own name.
                text = f.read().replace(f"ledama run {name[:-5]}", f"ledama run Bench{k:02}{name[:-5]}")
            with open(f"{folder}/modules/Bench{k:02}{name}", "w") as f:
                f.write(text)
        env = _alone(folder)
        table = Table("`ledama list` over 95 modules more", "ms", more_is_better=False)
        ours = cost([binary, "--modules", f"{folder}/modules", "list"], times, env, warm=True).wall * 1e3
        table.ledama(ours)
        # The original imported every module to list them; 95 small Python files stand for it.
        for k in range(95):
            with open(f"{folder}/m{k}.py", "w") as f:
                f.write("import optparse, os\nclass M:\n    def __init__(self):\n        self.options = optparse.OptionParser()\n")
        imports = "import sys; sys.dont_write_bytecode = True; [__import__('m%d' % k).M() for k in range(95)]"
        peer = cost([sys.executable, "-c", f"import os; os.chdir({folder!r}); import sys; sys.path.insert(0, '.'); {imports}"], times, env, warm=True)
        table.peer("python3, importing 95 modules", peer.wall * 1e3)
        table.target("below 30 ms", ours < 30)
    return [table]


def reffile(binary, quick):
    """Reading, selecting, sorting and writing many rows."""
    rows = 50_000 if quick else 500_000
    times = 2 if quick else 5
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/in.ref", "w") as f:
            f.write(f"# Created on:  2013/04/02/10:11:12\n# Number of MSPs: {rows}\n# Total size (MB): ?\n# Frequency range (MHz): None - None\n\n")
            for k in range(rows):
                sb = k % 488
                f.write(f"/data{1 + k % 3}/users/lofareor/pipeline/L2013_{80000 + k // 488}_001/L{80000 + k // 488}_SAP000_SB{sb:03}_uv.MS.dppp "
                        f"{115.039 + sb * 0.1953:.3f} {26000 + k % 100} node{11 + k % 64:03} 0\n")
        env = _alone(folder)
        base = [binary, "--modules", f"{HERE}/modules", "run", "BenchRefFile", "--reffile", f"{folder}/in.ref"]
        table = Table(f"RefFile of {rows} rows, read", "ms", more_is_better=False)
        ours = cost(base, times, env, warm=True).wall * 1e3
        table.ledama(ours)
        read = "import sys; rows = [l.split() for l in open(sys.argv[1]) if l.strip() and l[0] != '#']"
        table.peer("python3, split of every line", cost([sys.executable, "-c", read, f"{folder}/in.ref"], times, env, warm=True).wall * 1e3)
        table.target("well below 1 s", ours < 700)
        both = Table(f"RefFile of {rows} rows: read, select half, sort, write", "ms", more_is_better=False)
        both.ledama(cost(base + ["--output", f"{folder}/out.ref"], times, env, warm=True).wall * 1e3)
        work = read + ("; import re; r = [x for x in rows if int(re.search(r'SB(\\d+)', x[0]).group(1)) < 244]; r.sort(key=lambda x: (x[3], x[0]));"
                       " open(sys.argv[1] + '.out', 'w').writelines(' '.join(x) + '\\n' for x in r)")
        both.peer("python3, the same", cost([sys.executable, "-c", work, f"{folder}/in.ref"], times, env, warm=True).wall * 1e3)
    return [table, both]
