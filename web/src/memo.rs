//! Figures that are counted over many rows and need not be of this second: counted once for all who ask within a while.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use moka::future::Cache;
use qingting_models::county::DepartmentCode;
use qingting_models::ids::SourceId;
use qingting_models::rising::Rise;
use qingting_models::store::{StoreError, WeekFigures};
use qingting_respond::rates::DepartmentRates;
use qingting_respond::routing::Sent;

use crate::error::WebError;

/// So many answers of a kind are kept.
const MOST: u64 = 500;

/// Answers by what was asked, each for a while; cheap to clone.
#[derive(Clone)]
pub struct Memo<V> {
    /// Nothing is kept without one.
    kept: Option<Cache<String, Arc<V>>>,
}

impl<V: Send + Sync + 'static> Memo<V> {
    /// Answers that are kept for `age`; nothing is kept where it is zero.
    pub fn new(age: Duration) -> Self {
        let cache = || Cache::builder().max_capacity(MOST).time_to_live(age).build();
        Self { kept: (!age.is_zero()).then(cache) }
    }

    /// The answer to what is asked under `key`, which has to name all that it depends on, the viewer too. Of several who ask at
    /// once one counts.
    ///
    /// # Errors
    /// Those of `count`, which are not kept.
    pub async fn get(
        &self,
        key: String,
        count: impl Future<Output = Result<V, StoreError>>,
    ) -> Result<Arc<V>, WebError> {
        let Some(kept) = &self.kept else { return Ok(Arc::new(count.await?)) };
        kept.try_get_with(key, async { count.await.map(Arc::new) })
            .await
            .map_err(|error| WebError::from(&*error))
    }
}

/// The figures of pages that are kept for a while.
#[derive(Clone)]
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
        *memo.get(key.to_owned(), async { Ok(counted.fetch_add(1, Ordering::SeqCst)) }).await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_counted_once_for_a_while_and_for_all_who_ask_at_once() {
        let (memo, counted) = (Memo::new(Duration::from_secs(3_600)), AtomicU32::new(0));
        let (a, b) = tokio::join!(ask(&memo, "duty", &counted), ask(&memo, "duty", &counted));
        assert_eq!((a, b), (0, 0));
        assert_eq!(ask(&memo, "discipline", &counted).await, 1, "another viewer sees other figures");
        assert_eq!(ask(&memo, "duty", &counted).await, 0);
        let never = Memo::new(Duration::ZERO);
        assert_eq!((ask(&never, "duty", &counted).await, ask(&never, "duty", &counted).await), (2, 3));
    }

    #[tokio::test]
    async fn what_failed_is_not_kept() {
        let memo = Memo::<u32>::new(Duration::from_secs(3_600));
        let failed = memo.get("a".into(), async { Err(StoreError::NotFound("item")) }).await;
        assert!(matches!(failed, Err(WebError::NotFound)), "{failed:?}");
        assert_eq!(ask(&memo, "a", &AtomicU32::new(7)).await, 7);
    }
}
