//! A day, or a backlog, of a city as a simulation of discrete events: batches of items go through the stages that workers run, each
//! batch takes the measured time of a worker's core and then of the database's, and whoever works at once shares the cores.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

use serde::Serialize;

/// How many items a stage takes at most, as workers do, and how many rows an import stores at once.
pub(super) const BATCH: u32 = 500;
/// How many sources a worker asks at once.
const ASKED_AT_ONCE: usize = 8;
/// Hours in which more comes than in others, of the 24.
const BUSY_HOURS: f64 = 10.0;
const DAY: f64 = 86_400.0;

/// What a batch costs: seconds, and seconds for each of its items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(super) struct Line {
    pub fixed: f64,
    pub each: f64,
}

impl Line {
    pub(super) fn of(self, items: u32) -> f64 {
        self.fixed + self.each * f64::from(items)
    }

    /// For an item of a full batch.
    pub(super) fn full(self) -> f64 {
        self.of(BATCH) / f64::from(BATCH)
    }
}

/// What a stage costs the worker's core and the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(super) struct Cost {
    pub own: Line,
    pub database: Line,
}

/// What items wait for, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    Intake,
    Judge,
    Route,
    Join,
    Alert,
    Tell,
    /// The chain of the log and the numbers of events.
    Chain,
}

pub(super) const STAGES: [Stage; 7] =
    [Stage::Intake, Stage::Judge, Stage::Route, Stage::Join, Stage::Alert, Stage::Tell, Stage::Chain];
/// What a worker does by turns; intake and telling are loops of their own.
const ROUND: [Stage; 5] = [Stage::Judge, Stage::Route, Stage::Join, Stage::Alert, Stage::Chain];

impl Stage {
    /// Only one at a time, however many workers there are.
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Join | Self::Chain)
    }

    /// For what an item waits after it.
    fn then(self) -> &'static [Self] {
        match self {
            Self::Intake => &[Self::Judge],
            Self::Judge => &[Self::Route, Self::Join],
            Self::Route => &[Self::Tell, Self::Chain],
            Self::Join => &[Self::Alert],
            Self::Alert | Self::Tell | Self::Chain => &[],
        }
    }
}

/// Costs by [`Stage`].
pub(super) type Costs = [Cost; STAGES.len()];

/// What there is to do the work.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Machines {
    /// Machines with workers, the cores of each, and its workers.
    pub machines: usize,
    pub cores: f64,
    pub workers: usize,
    /// The cores of the database; `None` where it works on those of the one machine.
    pub database: Option<f64>,
}

/// What comes in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) enum Load {
    /// So many rows are imported at once, and the end is when the last is through.
    Backlog { rows: u32 },
    /// Sources that are asked in turn over a day, and bring `peak` times the average in the busy hours.
    Day { items: f64, sources: u32, every: f64, latency: f64, peak: f64 },
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Outcome {
    /// Seconds until the last item was through.
    pub end: f64,
    pub items: u64,
    /// Seconds from an item's arrival until it was joined to its incident: of half of the items at most, and of 99 in a hundred.
    pub lag_median: f64,
    pub lag_p99: f64,
    /// Items that waited at the end of the day.
    pub left: u64,
    /// Shares of their time in which they worked: the workers' cores, the database's, whoever joins.
    pub worker_cores: f64,
    pub database_cores: f64,
    pub joining: f64,
}

/// Items that arrived together.
type Batch = Vec<(f64, u32)>;

fn count(batch: &Batch) -> u32 {
    batch.iter().map(|(_, items)| items).sum()
}

/// Cores that are shared by whoever has something to do.
struct Pool {
    cores: f64,
    /// Who works, and the seconds of a core that are left.
    at_work: Vec<(usize, f64)>,
    used: f64,
}

impl Pool {
    fn new(cores: f64) -> Self {
        Self { cores, at_work: Vec::new(), used: 0.0 }
    }

    /// Cores for each of those at work.
    fn rate(&self) -> f64 {
        (self.cores / self.at_work.len().max(1) as f64).min(1.0)
    }

    /// When the next is done, from now.
    fn next(&self) -> Option<f64> {
        let least = self.at_work.iter().map(|(_, left)| *left).fold(f64::INFINITY, f64::min);
        least.is_finite().then(|| least / self.rate())
    }

    /// Lets time pass; who is done.
    fn pass(&mut self, time: f64) -> Vec<usize> {
        let rate = self.rate();
        self.used += time * rate * self.at_work.len() as f64;
        let mut done = Vec::new();
        self.at_work.retain_mut(|(who, left)| {
            *left -= time * rate;
            let is_done = *left <= 1e-9;
            if is_done {
                done.push(*who);
            }
            !is_done
        });
        done
    }
}

/// One that works on batches, one after the other.
struct Actor {
    role: Role,
    pool: usize,
    /// What it is at: the stage, the batch, and whether the database is at it.
    at: Option<(Stage, Batch, bool)>,
    /// Where its round goes on.
    turn: usize,
}

#[derive(Debug, Clone, Copy)]
enum Role {
    Works,
    Tells,
    Asks,
    /// Rows that are still to be imported.
    Imports(u32),
}

/// Something that happens by itself at a time.
#[derive(Debug, Clone, Copy)]
struct Timer {
    at: f64,
    source: u32,
    /// Who asked the source, which has answered; `None` where it is due.
    asked_by: Option<usize>,
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.total_cmp(&other.at).then(self.source.cmp(&other.source))
    }
}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Timer {}

struct Simulation<'a> {
    costs: &'a Costs,
    load: Load,
    now: f64,
    pools: Vec<Pool>,
    database: usize,
    actors: Vec<Actor>,
    queues: [VecDeque<(f64, u32)>; STAGES.len()],
    /// Ordered stages that somebody is at.
    taken: [bool; STAGES.len()],
    timers: BinaryHeap<Reverse<Timer>>,
    /// Sources that are due and not asked yet.
    due: VecDeque<u32>,
    lags: Vec<(f64, u32)>,
    joining: f64,
    arrived: u64,
}

/// Lets the load come in until all is through, or the day is over.
pub(super) fn simulate(costs: &Costs, machines: &Machines, load: Load) -> Outcome {
    let mut simulation = Simulation::new(costs, machines, load);
    simulation.run();
    simulation.outcome(machines)
}

impl<'a> Simulation<'a> {
    fn new(costs: &'a Costs, machines: &Machines, load: Load) -> Self {
        let mut pools: Vec<Pool> = (0..machines.machines).map(|_| Pool::new(machines.cores)).collect();
        pools.extend(machines.database.map(Pool::new));
        let database = pools.len() - 1;
        let mut actors = Vec::new();
        for pool in 0..machines.machines {
            let mut add = |role, times| {
                actors.extend((0..times).map(|_| Actor { role, pool, at: None, turn: 0 }));
            };
            add(Role::Works, machines.workers);
            add(Role::Tells, 1);
            add(Role::Asks, ASKED_AT_ONCE * machines.workers);
        }
        let mut timers = BinaryHeap::new();
        match load {
            Load::Backlog { rows } => {
                actors.push(Actor { role: Role::Imports(rows), pool: 0, at: None, turn: 0 });
            }
            Load::Day { sources, every, .. } => timers.extend((0..sources).map(|source| {
                Reverse(Timer { at: every * f64::from(source) / f64::from(sources), source, asked_by: None })
            })),
        }
        Self {
            costs,
            load,
            now: 0.0,
            pools,
            database,
            actors,
            queues: Default::default(),
            taken: Default::default(),
            timers,
            due: VecDeque::new(),
            lags: Vec::new(),
            joining: 0.0,
            arrived: 0,
        }
    }

    fn run(&mut self) {
        self.begin_all();
        loop {
            let next = self.pools.iter().filter_map(Pool::next).fold(f64::INFINITY, f64::min);
            let timer = self.timers.peek().map_or(f64::INFINITY, |Reverse(timer)| timer.at - self.now);
            let step = next.min(timer);
            if step.is_infinite() || (matches!(self.load, Load::Day { .. }) && self.now + step > DAY) {
                return;
            }
            self.now += step;
            let done: Vec<usize> = self.pools.iter_mut().flat_map(|pool| pool.pass(step)).collect();
            done.into_iter().for_each(|actor| self.go_on(actor));
            while self.timers.peek().is_some_and(|Reverse(timer)| timer.at <= self.now) {
                if let Some(Reverse(timer)) = self.timers.pop() {
                    self.ring(timer);
                }
            }
            self.begin_all();
        }
    }

    /// Gives all that have nothing to do what there is.
    fn begin_all(&mut self) {
        for actor in 0..self.actors.len() {
            if self.actors[actor].at.is_none() {
                self.begin(actor);
            }
        }
    }

    fn begin(&mut self, actor: usize) {
        match self.actors[actor].role {
            Role::Works => {
                for step in 0..ROUND.len() {
                    let turn = (self.actors[actor].turn + step) % ROUND.len();
                    let stage = ROUND[turn];
                    if self.queues[stage as usize].is_empty()
                        || (stage.is_ordered() && self.taken[stage as usize])
                    {
                        continue;
                    }
                    self.actors[actor].turn = turn + 1;
                    self.taken[stage as usize] = stage.is_ordered();
                    let batch = self.take(stage);
                    return self.start(actor, stage, batch);
                }
            }
            Role::Tells => {
                if !self.queues[Stage::Tell as usize].is_empty() {
                    let batch = self.take(Stage::Tell);
                    self.start(actor, Stage::Tell, batch);
                }
            }
            Role::Asks => {
                if let (Some(source), Load::Day { latency, .. }) = (self.due.pop_front(), self.load) {
                    self.actors[actor].at = Some((Stage::Intake, Vec::new(), false));
                    self.timers.push(Reverse(Timer {
                        at: self.now + latency,
                        source,
                        asked_by: Some(actor),
                    }));
                }
            }
            Role::Imports(left) => {
                let rows = left.min(BATCH);
                if rows > 0 {
                    self.actors[actor].role = Role::Imports(left - rows);
                    self.arrived += u64::from(rows);
                    self.start(actor, Stage::Intake, vec![(self.now, rows)]);
                }
            }
        }
    }

    /// Up to a batch of what waits for a stage.
    fn take(&mut self, stage: Stage) -> Batch {
        let queue = &mut self.queues[stage as usize];
        let (mut batch, mut room) = (Vec::new(), BATCH);
        while let Some((at, items)) = queue.pop_front() {
            let taken = items.min(room);
            batch.push((at, taken));
            room -= taken;
            if items > taken {
                queue.push_front((at, items - taken));
            }
            if room == 0 {
                break;
            }
        }
        batch
    }

    fn start(&mut self, actor: usize, stage: Stage, batch: Batch) {
        let seconds = self.costs[stage as usize].own.of(count(&batch));
        self.actors[actor].at = Some((stage, batch, false));
        let pool = self.actors[actor].pool;
        self.pools[pool].at_work.push((actor, seconds));
    }

    /// What follows when an actor's core, or the database, is done.
    fn go_on(&mut self, actor: usize) {
        let Some((stage, batch, in_database)) = self.actors[actor].at.take() else { return };
        let Cost { own, database } = self.costs[stage as usize];
        let items = count(&batch);
        if !in_database {
            self.pools[self.database].at_work.push((actor, database.of(items)));
            self.actors[actor].at = Some((stage, batch, true));
            return;
        }
        self.taken[stage as usize] = false;
        if stage == Stage::Join {
            self.joining += own.of(items) + database.of(items);
            self.lags.extend(batch.iter().map(|(at, items)| (self.now - at, *items)));
        }
        for next in stage.then() {
            self.queues[*next as usize].extend(&batch);
        }
    }

    fn ring(&mut self, timer: Timer) {
        let Load::Day { items, sources, every, peak, .. } = self.load else { return };
        let Some(actor) = timer.asked_by else {
            self.due.push_back(timer.source);
            self.timers.push(Reverse(Timer { at: self.now + every, ..timer }));
            return;
        };
        let busy = (8.0..8.0 + BUSY_HOURS).contains(&(self.now / 3_600.0 % 24.0));
        let of_the_rest = (24.0 - peak * BUSY_HOURS) / (24.0 - BUSY_HOURS);
        let share = if busy { peak } else { of_the_rest };
        let items = (items / f64::from(sources) * every / DAY * share).round() as u32;
        self.arrived += u64::from(items);
        self.start(actor, Stage::Intake, vec![(self.now, items)]);
    }

    fn outcome(mut self, machines: &Machines) -> Outcome {
        self.lags.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let joined: u64 = self.lags.iter().map(|(_, items)| u64::from(*items)).sum();
        let lag_of = |share: f64| {
            let mut left = share * joined as f64;
            let at = self.lags.iter().find(|(_, items)| {
                left -= f64::from(*items);
                left <= 0.0
            });
            at.map_or(0.0, |(lag, _)| *lag)
        };
        let used = |pools: &[Pool]| {
            let room = pools.iter().map(|pool| pool.cores).sum::<f64>() * self.now;
            pools.iter().map(|pool| pool.used).sum::<f64>() / room.max(1e-9)
        };
        Outcome {
            end: self.now,
            items: joined,
            lag_median: lag_of(0.5),
            lag_p99: lag_of(0.99),
            left: self.arrived - joined,
            worker_cores: used(&self.pools[..machines.machines]),
            database_cores: used(&self.pools[self.database..]),
            joining: self.joining / self.now.max(1e-9),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every stage costs the same, a core and the database alike.
    fn alike(fixed: f64, each: f64) -> Costs {
        let line = Line { fixed, each };
        [Cost { own: line, database: line }; STAGES.len()]
    }

    fn one(workers: usize, cores: f64, database: Option<f64>) -> Machines {
        Machines { machines: 1, cores, workers, database }
    }

    fn day(items: f64) -> Load {
        Load::Day { items, sources: 100, every: 600.0, latency: 0.05, peak: 1.8 }
    }

    #[test]
    fn on_one_core_all_costs_lie_one_behind_the_other() {
        let costs = alike(0.0, 0.001);
        let outcome = simulate(&costs, &one(1, 1.0, None), Load::Backlog { rows: 10_000 });
        let sum = 10_000.0 * 0.002 * STAGES.len() as f64;
        assert!((outcome.end - sum).abs() < sum * 1e-6, "{outcome:?}");
        assert_eq!((outcome.items, outcome.left), (10_000, 0));
        assert!((outcome.worker_cores - 1.0).abs() < 1e-6, "{outcome:?}");
    }

    #[test]
    fn more_workers_help_until_the_ordered_stage_is_never_idle() {
        let costs = alike(0.0, 0.001);
        let end =
            |workers| simulate(&costs, &one(workers, 64.0, Some(64.0)), Load::Backlog { rows: 50_000 }).end;
        let (one, four, sixteen) = (end(1), end(4), end(16));
        assert!(one > 2.0 * four, "{one} {four}");
        let joining = 50_000.0 * 0.002;
        assert!(sixteen > joining && sixteen < 1.1 * joining, "{sixteen} {joining}");
    }

    #[test]
    fn a_day_within_what_it_can_bear_leaves_nothing_and_one_beyond_falls_behind() {
        let costs = alike(0.001, 0.0001);
        let machines = one(8, 8.0, Some(8.0));
        // Joining bears 5,000 items a second less what a batch costs by itself.
        let light = simulate(&costs, &machines, day(40e6));
        assert!(light.left < 100_000 && light.lag_p99 < 60.0, "{light:?}");
        let heavy = simulate(&costs, &machines, day(800e6));
        assert!(heavy.left > 10_000_000 && heavy.joining > 0.7, "{heavy:?}");
    }

    #[test]
    fn the_same_day_comes_out_the_same() {
        let costs = alike(0.001, 0.0002);
        let machines = one(3, 2.0, Some(2.0));
        assert_eq!(simulate(&costs, &machines, day(5e6)), simulate(&costs, &machines, day(5e6)));
    }
}
