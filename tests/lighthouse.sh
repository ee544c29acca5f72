#!/usr/bin/env bash
# Measures pages with Lighthouse in the local Chromium: performance, accessibility and best practices of the overview, the
# work list, a case and a report have to reach 95. Makes a demo county of its own unless one is named, serves it on a free
# loopback port, and ends and removes what it started.
#
#   npm install lighthouse            # once, anywhere
#   LIGHTHOUSE=node_modules/.bin/lighthouse tests/lighthouse.sh [COUNTY]
#
# COUNTY is a folder that `qingting demo` filled. QINGTING names the binary (default target/release/qingting), CHROME_PATH
# the browser (default /usr/bin/chromium), LEAST the least score (default 95), REPORTS a folder to keep the reports in.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lighthouse=${LIGHTHOUSE:-lighthouse}
qingting=$(realpath "${QINGTING:-target/release/qingting}")
least=${LEAST:-95}
export CHROME_PATH=${CHROME_PATH:-/usr/bin/chromium}

source tests/support/served.sh
served_begin lighthouse

county=${1:-$dir/county}
if [ $# -eq 0 ]; then
    "$qingting" demo --no-serve --dir "$county" --items 600 >"$dir/demo.log"
fi
password=$(fresh_password)
login=look$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
"$qingting" --dir "$county" user add "$login" --name 量测员 --role duty,leader --password-stdin <<<"$password" >/dev/null

served "$county" 0
log_in "$login" "$password"
cookie=$(awk '$6 == "qingting" { print "qingting=" $7 }' "$jar")
first() {
    local page
    page=$(curl -fsS -b "$jar" "$base$1")
    grep -m1 -o "href=\"$1/[0-9a-z]*\"" <<<"$page" | cut -d'"' -f2 | head -1
}

failed=0
for page in / /items "$(first /cases)" "$(first /reports)"; do
    name=page$(tr / - <<<"$page")
    "$lighthouse" "$base$page" --quiet --output json --output html --output-path "$reports/$name" \
        --only-categories performance,accessibility,best-practices --preset desktop \
        --extra-headers "{\"Cookie\": \"$cookie\"}" --chrome-flags="--headless=new --no-sandbox --lang=zh-CN"
    scores=$(node -e '
        const found = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
        const least = Number(process.argv[2]);
        const scores = Object.values(found.categories).map((one) => [one.title, Math.round(one.score * 100)]);
        console.log(scores.map(([title, score]) => `${title} ${score}`).join(", "));
        if (scores.some(([, score]) => score < least)) {
            for (const audit of Object.values(found.audits)) {
                if (audit.score !== null && audit.score < 0.9) console.log(`    ${audit.id}: ${audit.displayValue ?? audit.title}`);
            }
            process.exitCode = 1;
        }' "$reports/$name.report.json" "$least") || failed=1
    echo "$page: $scores"
done
exit "$failed"
