//! What a clock that ran ahead leaves behind once it is put back: leases that end, and tries that are due, when it is that time
//! again, an hour or a day later. They are brought back to now, so that work goes on by itself.

use jiff::SignedDuration;

use super::{Store, StoreError};

/// No lease lasts so long, and no two machines of one installation differ so much: what lies further ahead was written by a
/// clock that was wrong.
const AHEAD: SignedDuration = SignedDuration::from_mins(30);
/// Nor does what failed wait so long to be tried again.
const LONG: SignedDuration = SignedDuration::from_hours(8);

/// Where times stand that something waits for: the table, which rows lie ahead, and what they are set to.
const WAITING: [(&str, &str, &str); 13] = [
    ("work", "lease_until > :ahead", "lease_until = 0"),
    ("work", "ready_at > :ahead", "ready_at = :now"),
    ("join_stage", "lease_until > :ahead", "lease_until = 0"),
    ("notice_event", "told_at IS NULL AND lease_until > :ahead", "lease_until = 0"),
    ("delivery", "state = 'waiting' AND lease_until > :ahead", "lease_until = 0"),
    // What waits for the office to open, or for more to be told with it, waits as long from now.
    (
        "delivery",
        "state = 'waiting' AND made_at > :ahead",
        "next_at = :now + next_at - made_at, made_at = :now",
    ),
    ("delivery", "state = 'waiting' AND tries > 0 AND next_at > :long", "next_at = :now"),
    ("webhook", "lease_until > :ahead", "lease_until = 0"),
    ("webhook", "next_at > :long", "next_at = :now"),
    ("source", "lease_until > :ahead", "lease_until = 0"),
    ("source", "next_at > :ahead AND (last_tried_at IS NULL OR last_tried_at > :ahead)", "next_at = :now"),
    // What has no heat is not cooled; of what has, there are few.
    ("incident", "merged_into IS NULL AND items > 0 AND heat > 0.01 AND heat_at > :ahead", "heat_at = 0"),
    ("counted_day", "counted_at > :ahead", "counted_at = 0"),
];

impl Store {
    /// Brings back what a clock left waiting that ran ahead by half an hour or more; how many rows. Where there are none,
    /// no writer waits.
    pub async fn heed_clock(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let times = [("ahead", now + AHEAD), ("long", now + LONG), ("now", now)];
        let timed = |sql: String| {
            let put = |sql: String, (name, at): (&str, jiff::Timestamp)| {
                sql.replace(&format!(":{name}"), &at.as_millisecond().to_string())
            };
            times.into_iter().fold(sql, put)
        };
        let ahead = WAITING.map(|(table, ahead, _)| format!("SELECT 1 FROM {table} WHERE {ahead}"));
        let any = format!("SELECT count(*) FROM ({} LIMIT 1) AS a", ahead.join(" UNION ALL "));
        if self.db().number(&timed(any), vec![]).await? == 0 {
            return Ok(0);
        }
        let mut brought = 0;
        let mut tx = self.begin().await?;
        for (table, ahead, set) in WAITING {
            brought += tx.run(&timed(format!("UPDATE {table} SET {set} WHERE {ahead}")), vec![]).await?;
        }
        tx.commit().await?;
        Ok(brought)
    }
}
