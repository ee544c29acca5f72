#!/usr/bin/env bash
# Qingting beside a script in Python on one sheet, from its rows to items that are masked, sealed, judged, joined, routed and
# found by their words; and how right both are. Needs Python with benches/peer/requirements.txt.
#
#   python3 -m venv venv && venv/bin/pip install -r benches/peer/requirements.txt      # once
#   PYTHON=venv/bin/python benches/peer/run.sh [ROWS]
#
# ROWS of the sheet (default 100000). QINGTING names the binary (default target/release/qingting), KEEP a folder to work in
# that stays.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

rows=${1:-100000}
python=${PYTHON:-python3}
qingting=$(realpath "${QINGTING:-../../target/release/qingting}")
dir=${KEEP:-$(mktemp -d "${TMPDIR:-/tmp}/qingting-peer.XXXXXX")}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"

# A year has news too, and rows that cannot be read.
"$qingting" sample --items $((rows * 3 / 2)) --seed 1 --until 2026-11-22 --out "$dir/year" >/dev/null
"$qingting" sample --items 30000 --seed 7 --until 2026-11-22 --out "$dir/before" >/dev/null
"$python" sheet.py "$dir/year/truth.jsonl" "$rows" "$dir/sheet.csv"

"$qingting" --dir "$dir" bench end-to-end --file "$dir/sheet.csv" --outcome "$dir/ours.jsonl" --json >"$dir/ours.json"
"$python" peer.py "$dir/before/truth.jsonl" "$dir/sheet.csv" "$dir/peer.db" "$dir/peer.jsonl" >"$dir/peer.json"

"$python" - "$dir/ours.json" "$dir/peer.json" <<'PRINT'
import json, sys
ours, peer = (json.load(open(path)) for path in sys.argv[1:])
print(f"Qingting: {ours['items']} items in {ours['done']:.1f} s, {ours['memory']:.0f} MB; "
      f"the same rows written alone {ours['bare']['seconds']:.1f} s, {ours['bare']['share']} of it")
print(f"Python:   {peer['items']} items in {peer['seconds']:.1f} s, {peer['memory']} MB")
print(f"Qingting is {peer['seconds'] / ours['done']:.1f} times as fast")
PRINT
"$python" outcome.py "$dir/year/truth.jsonl" "$dir/ours.jsonl" "$dir/peer.jsonl"
