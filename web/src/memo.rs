//! Figures that are counted over many rows and need not be of this second: counted once for all who ask within a while.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::SourceId;
use qingting_models::rising::Rise;
use qingting_models::store::WeekFigures;
use qingting_respond::rates::DepartmentRates;
use qingting_respond::routing::Sent;
use tokio::time::Instant;

use crate::error::WebError;

/// So many answers are kept; beyond it they are counted anew.
const MOST: usize = 500;

type Slot<V> = Arc<tokio::sync::Mutex<Option<(Instant, Arc<V>)>>>;

/// Answers by what was asked, each for a while; cheap to clone.
#[derive(Debug)]
pub struct Memo<V> {
    age: Duration,
    slots: Arc<Mutex<HashMap<String, Slot<V>>>>,
}

impl<V> Clone for Memo<V> {
    fn clone(&self) -> Self {
        Self { age: self.age, slots: self.slots.clone() }
    }
}

impl<V> Memo<V> {
    /// Answers that are kept for `age`; nothing is kept where it is zero.
    pub fn new(age: Duration) -> Self {
        Self { age, slots: Arc::default() }
    }

    /// The answer to what is asked under `key`, which has to name all that it depends on, the viewer too. Of several who ask at
    /// once one counts.
    ///
    /// # Errors
    /// Those of `count`, which are not kept.
    pub async fn get<F>(&self, key: String, count: impl FnOnce() -> F) -> Result<Arc<V>, WebError>
    where
        F: Future<Output = Result<V, WebError>>,
    {
        if self.age.is_zero() {
            return count().await.map(Arc::new);
        }
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            if slots.len() >= MOST {
                slots.clear();
            }
            slots.entry(key).or_default().clone()
        };
        let mut kept = slot.lock().await;
        if let Some((at, answer)) = &*kept
            && at.elapsed() < self.age
        {
            return Ok(answer.clone());
        }
        let answer = Arc::new(count().await?);
        *kept = Some((Instant::now(), answer.clone()));
        Ok(answer)
    }
}

/// The figures of pages that are kept for a while.
#[derive(Debug, Clone)]
pub struct Figures {
    pub week: Memo<WeekFigures>,
    pub arrivals: Memo<HashMap<SourceId, Vec<(Date, i64)>>>,
    pub rising: Memo<Vec<Rise>>,
    pub rates: Memo<DepartmentRates>,
    pub sent: Memo<BTreeMap<DepartmentCode, Sent>>,
    /// Day, mark and count.
    pub trends: Memo<Vec<(i64, Option<String>, i64)>>,
}

impl Figures {
    pub fn kept_for(age: Duration) -> Self {
        Self {
            week: Memo::new(age),
            arrivals: Memo::new(age),
            rising: Memo::new(age),
            rates: Memo::new(age),
            sent: Memo::new(age),
            trends: Memo::new(age),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    async fn ask(memo: &Memo<u32>, key: &str, counted: &AtomicU32) -> u32 {
        let count = || async { Ok(counted.fetch_add(1, Ordering::SeqCst)) };
        *memo.get(key.to_owned(), count).await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_counted_once_for_a_while_and_for_all_who_ask_at_once() {
        let (memo, counted) = (Memo::new(Duration::from_secs(3_600)), AtomicU32::new(0));
        let (a, b) = tokio::join!(ask(&memo, "duty", &counted), ask(&memo, "duty", &counted));
        assert_eq!((a, b), (0, 0));
        assert_eq!(ask(&memo, "discipline", &counted).await, 1, "another viewer sees other figures");
        assert_eq!(ask(&memo, "duty", &counted).await, 0);
        let short = Memo::new(Duration::from_nanos(1));
        assert_eq!((ask(&short, "duty", &counted).await, ask(&short, "duty", &counted).await), (2, 3));
    }

    #[tokio::test]
    async fn what_failed_is_counted_again_and_nothing_is_kept_for_no_time() {
        let memo = Memo::<u32>::new(Duration::from_secs(30));
        let failed = memo.get("a".into(), || async { Err(WebError::NotFound) }).await;
        assert!(failed.is_err());
        let counted = AtomicU32::new(0);
        assert_eq!(ask(&memo, "a", &counted).await, 0);
        let never = Memo::new(Duration::ZERO);
        assert_eq!((ask(&never, "a", &counted).await, ask(&never, "a", &counted).await), (1, 2));
    }
}
