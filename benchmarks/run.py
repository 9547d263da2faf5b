"""Measure the speed and the memory of gametools, beside peers where there are any.

Prints a table, and writes it with the machine, versions and seeds to DIR/benchmarks.json and
DIR/benchmarks.md. Figures are medians; a bar is what the median must reach.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from benchmarks import SEED, report
from benchmarks.entries import ENTRIES, Entry
from benchmarks.machine import Usage, about_machine, peer_versions
from benchmarks.measure import ROOT
from gametools.command_line import Parser, run_command
from gametools.storage import manifest, require_writable_folder, whole_file

QUIET = 0.25  # cores: what other processes may use without a remark


def parser() -> Parser:
    """The command line."""
    width = max(map(len, ENTRIES))
    names = "\n".join(f"  {e.name.ljust(width)}  {e.summary}" for e in ENTRIES.values())
    result = Parser(
        prog="benchmarks",
        description=__doc__,
        epilog=f"""benchmarks:
{names}

examples:
  python -m benchmarks.run                           everything, in several minutes
  python -m benchmarks.run --quick                   small sizes, in tens of seconds; not judged
  python -m benchmarks.run --only solve-2x2 scaling  two of them""",
    )
    result.add_argument("--quick", action="store_true", help="small sizes; bars are not judged")
    result.add_argument(
        "--only", nargs="+", action="extend", choices=list(ENTRIES), metavar="NAME",
        help="measure these only",
    )  # fmt: skip
    result.add_argument(
        "--out", type=Path, default=ROOT / "results" / "benchmarks", metavar="DIR",
        help="folder of the results (results/benchmarks)",
    )  # fmt: skip
    return result


def run(options: argparse.Namespace) -> None:
    """Measure what was asked for; write what is known after each, and print all of it."""
    began = time.perf_counter()
    out = require_writable_folder(options.out, "--out")
    machine, peers = about_machine(), peer_versions()
    records: list[dict[str, Any]] = []
    others: dict[str, float] = {}
    for name in dict.fromkeys(options.only or ENTRIES):
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        before = Usage.now()
        rows = measured(ENTRIES[name], options.quick)
        others[name] = round(Usage.now().others_since(before), 2)
        records += [report.record(name, row, judged=not options.quick) for row in rows]
        about = manifest(
            command=f"python -m benchmarks.run {shlex.join(sys.argv[1:])}".strip(),
            seeds=SEED,
            quick=options.quick,
            machine=machine | {"cores_used_by_others": others},
            rows=records,
            seconds=time.perf_counter() - began,
        )
        about["versions"] |= peers
        text = write(out, about)
    print(text)
    print(f"\nWritten to {options.out} in {about['seconds']:.0f} s.", file=sys.stderr)
    failed = dict.fromkeys(own["name"] for own in records if own["verdict"] == "failed")
    if failed:
        raise ValueError(f"{', '.join(failed)} failed; see above.")


def write(out: Path, about: dict[str, Any]) -> str:
    """Write both files of the results, and return the table with its remarks."""
    text = f"{report.table(about['rows'])}\n\n{remarks(about)}"
    with whole_file(out / "benchmarks.md") as file:
        file.write(f"# Benchmarks\n\n{text}\n")
    with whole_file(out / "benchmarks.json") as file:
        json.dump(about, file, indent=2)
        file.write("\n")
    return text


def measured(entry: Entry, quick: bool) -> list[report.Row]:
    """The rows of an entry; if it fails, one that says so, and the others are not lost."""
    try:
        return entry.measure(quick)
    except Exception as error:
        traceback.print_exc()
        note = f"{type(error).__name__}: {error}"
        return [report.Row(entry.summary, None, note=note, failed=True)]


def remarks(about: dict[str, Any]) -> str:
    """How many bars were met, on what machine, and whether it had other things to do."""
    machine = about["machine"]
    verdicts = [row["verdict"] for row in about["rows"] if row["bar"]]
    judged = sum(verdict in ("met", "missed") for verdict in verdicts)
    met = f"{verdicts.count('met')} of {judged} judged bars met"
    first = "Small sizes, bars not judged" if about["quick"] else met
    lines = [f"{first}; {machine['cpu']}, {machine['cores']} cores."]
    busy = {k: v for k, v in machine["cores_used_by_others"].items() if v > QUIET}
    if busy:
        named = ", ".join(f"{name} {cores:.1f}" for name, cores in busy.items())
        lines.append(f"Other processes kept cores busy meanwhile, so times may be long: {named}.")
    return "\n".join(lines)


def main() -> int:
    options = parser().parse_args()
    kept = f"what had been measured is in {options.out}."
    return run_command("benchmarks", lambda: run(options), resume=kept)


if __name__ == "__main__":
    sys.exit(main())
