//! Filters of a list that a user keeps under a name.

use super::db::args;
use super::{Store, StoreError};
use crate::ids::{UserId, ViewId};

/// A user keeps at most so many of one page.
const MOST: i64 = 20;

/// A list with its filters, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    pub id: ViewId,
    pub name: String,
    /// Without the question mark.
    pub query: String,
}

impl Store {
    /// A user's views of a page (`/items`), by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn saved_views(&self, user: UserId, page: &str) -> Result<Vec<SavedView>, StoreError> {
        let sql =
            "SELECT id, name, query FROM saved_view WHERE account_id = $1 AND page = $2 ORDER BY name, id";
        let rows = self.db().rows(sql, args![user.0, page]).await?;
        let view = |row: &super::db::Row| -> Result<SavedView, StoreError> {
            Ok(SavedView { id: ViewId(row.int("id")?), name: row.text("name")?, query: row.text("query")? })
        };
        rows.iter().map(view).collect()
    }

    /// Keeps a view; one of the same name is replaced.
    ///
    /// # Errors
    /// [`StoreError::Bad`] when there are too many already.
    pub async fn save_view(
        &self,
        user: UserId,
        page: &str,
        name: &str,
        query: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let kept = "SELECT count(*) AS n FROM saved_view WHERE account_id = $1 AND page = $2 AND name <> $3";
        let kept = tx.row(kept, args![user.0, page, name]).await?.map_or(Ok(0), |row| row.int("n"))?;
        if kept >= MOST {
            return Err(StoreError::Bad(format!("a user keeps at most {MOST} views of a page")));
        }
        let sql = "INSERT INTO saved_view (id, account_id, page, name, query) VALUES ($1,$2,$3,$4,$5)
                   ON CONFLICT (account_id, page, name) DO UPDATE SET query = excluded.query";
        let id: ViewId = self.ids().next(self.now());
        tx.run(sql, args![id.0, user.0, page, name, query]).await?;
        tx.commit().await
    }

    /// Removes a view of this user's; one of somebody else's stays.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove_view(&self, user: UserId, id: ViewId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run("DELETE FROM saved_view WHERE id = $1 AND account_id = $2", args![id.0, user.0]).await?;
        tx.commit().await
    }
}
