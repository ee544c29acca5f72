//! Users, sessions and the limit on tries.

use jiff::SignedDuration;
use qingting_models::records::{Actor, Role};
use qingting_models::store::testing::each_database;
use qingting_models::store::{NewUser, StoreError};

fn user(login: &str, roles: Vec<Role>, department: Option<&str>) -> NewUser {
    NewUser {
        login: login.into(),
        name: "王某".into(),
        roles,
        department: department.map(Into::into),
        password_hash: "hash".into(),
        must_change_password: false,
    }
}

#[tokio::test]
async fn log_ins_are_unique_and_roles_fit_the_department() {
    for store in each_database().await.unwrap() {
        store.add_user(user("wang", vec![Role::Handler], Some("rsj")), Actor::Console).await.unwrap();
        let taken = store.add_user(user("wang", vec![Role::Duty], None), Actor::Console).await;
        assert!(matches!(taken, Err(StoreError::Taken { .. })));
        for wrong in [
            user("a b", vec![Role::Duty], None),
            user("li", vec![], None),
            user("li", vec![Role::Handler], None),
            user("li", vec![Role::Duty], Some("rsj")),
        ] {
            assert!(matches!(store.add_user(wrong, Actor::Console).await, Err(StoreError::Bad(_))));
        }
        let (found, hash) = store.user_named("wang").await.unwrap().unwrap();
        assert_eq!((found.roles, hash.as_str()), (vec![Role::Handler], "hash"));
    }
}

#[tokio::test]
async fn a_session_ends_when_idle_at_its_end_and_when_its_user_is_locked_out() {
    for store in each_database().await.unwrap() {
        let user = store.add_user(user("wang", vec![Role::Duty], None), Actor::Console).await.unwrap();
        let start = store.now();
        let after = |minutes| start + SignedDuration::from_mins(minutes);
        store.start_session(user.id, "t1", "c", 600, 3600).await.unwrap();
        for minute in [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55] {
            store.clock.set(after(minute));
            assert!(store.session("t1").await.unwrap().is_some(), "minute {minute}");
        }
        store.clock.set(after(61));
        assert!(store.session("t1").await.unwrap().is_none());
        store.start_session(user.id, "t2", "c", 600, 3600).await.unwrap();
        store.clock.set(after(73));
        assert!(store.session("t2").await.unwrap().is_none());
        store.start_session(user.id, "t3", "c", 600, 3600).await.unwrap();
        store.set_disabled(user.id, true, Actor::Console).await.unwrap();
        assert!(store.session("t3").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn too_many_tries_have_to_wait() {
    for store in each_database().await.unwrap() {
        for _ in 0..6 {
            assert_eq!(store.login_blocked("wang", "1.2.3.4").await.unwrap(), None);
            store.note_login_failure("Wang", "1.2.3.4").await.unwrap();
        }
        assert!(store.login_blocked("wang", "5.6.7.8").await.unwrap().is_some());
        assert_eq!(store.login_blocked("li", "1.2.3.4").await.unwrap(), None);
        store.clock.set(store.now() + SignedDuration::from_mins(16));
        assert_eq!(store.login_blocked("wang", "1.2.3.4").await.unwrap(), None);
    }
}
