//! Tokens of users: what opens, and what ends them.

use jiff::SignedDuration;
use qingting_models::county::DepartmentCode;
use qingting_models::records::{Actor, Role, Scope, UserToken};
use qingting_models::store::testing::{TestStore, each_database};
use qingting_models::store::{NewUser, Page, StoreError};

async fn person(store: &TestStore, login: &str) -> qingting_models::records::User {
    let new = NewUser {
        login: login.into(),
        name: "王某".into(),
        roles: vec![Role::Handler],
        department: Some(DepartmentCode::from("zjj")),
        password_hash: "hash".into(),
        must_change_password: false,
    };
    store.add_user(new, Actor::Console).await.unwrap()
}

#[tokio::test]
async fn a_token_opens_for_its_user_until_it_expires_or_is_ended() {
    for store in each_database().await.unwrap() {
        let user = person(&store, "wang").await;
        let scopes = [Scope::CasesRead, Scope::CasesAct];
        let (made, token) = store.make_user_token(user.id, " 县平台 ", &scopes, 2).await.unwrap();
        assert!(token.starts_with("qu_") && token.len() == 51, "{token}");
        assert_eq!((made.name.as_str(), made.used_at), ("县平台", None));
        let (found, owner) = store.user_of_token(&token).await.unwrap().unwrap();
        assert_eq!((found.id, found.scopes.as_slice(), owner), (made.id, &scopes[..], user.clone()));
        assert!(store.user_of_token("qu_guess").await.unwrap().is_none());
        assert!(store.user_tokens(user.id).await.unwrap()[0].used_at.is_some());
        let other = person(&store, "li").await;
        let foreign = store.end_user_token(other.id, made.id).await;
        assert!(matches!(foreign, Err(StoreError::NotFound(_))), "{foreign:?}");
        let (second, lasting) = store.make_user_token(user.id, "二", &scopes, 3).await.unwrap();
        store.end_user_token(user.id, second.id).await.unwrap();
        assert!(store.user_of_token(&lasting).await.unwrap().is_none());
        assert!(store.user_of_token(&token).await.unwrap().is_some(), "the other goes on");
        store.clock.set(store.now() + SignedDuration::from_hours(48));
        assert!(store.user_of_token(&token).await.unwrap().is_none());
        let audit = store.audit_page(&Default::default(), Page::default()).await.unwrap().rows;
        let actions: Vec<&str> = audit.iter().map(|line| line.entry.action.as_str()).collect();
        assert_eq!(actions[..4], ["token.end", "token.make", "user.add", "token.make"]);
        assert!(!format!("{audit:?}").contains("县平台"), "the log holds codes alone");
    }
}

#[tokio::test]
async fn who_is_locked_out_or_given_another_password_loses_every_token() {
    for store in each_database().await.unwrap() {
        let user = person(&store, "wang").await;
        let make = || store.make_user_token(user.id, "一", &[Scope::CasesRead], 9);
        let (_, token) = make().await.unwrap();
        store.set_password(user.id, "own", false, Actor::User(user.id)).await.unwrap();
        assert!(store.user_of_token(&token).await.unwrap().is_some(), "one's own change ends none");
        store.set_password(user.id, "reset", true, Actor::Console).await.unwrap();
        assert!(store.user_of_token(&token).await.unwrap().is_none());
        store.set_password(user.id, "own", false, Actor::User(user.id)).await.unwrap();
        assert!(store.user_of_token(&token).await.unwrap().is_none(), "it does not come back");
        let (_, token) = make().await.unwrap();
        store.set_disabled(user.id, true, Actor::Console).await.unwrap();
        store.set_disabled(user.id, false, Actor::Console).await.unwrap();
        assert!(store.user_of_token(&token).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn what_does_not_fit_makes_no_token() {
    for store in each_database().await.unwrap() {
        let user = person(&store, "wang").await.id;
        let scopes = [Scope::CasesRead];
        let long = "长".repeat(UserToken::LONGEST_NAME + 1);
        for (name, scopes, days) in [
            ("", &scopes[..], 1),
            (&long, &scopes, 1),
            ("一", &[], 1),
            ("一", &scopes, 0),
            ("一", &scopes, 366),
        ] {
            let made = store.make_user_token(user, name, scopes, days).await;
            assert!(matches!(made, Err(StoreError::Bad(_))), "{name} {days}");
        }
        for _ in 0..UserToken::MOST {
            store.make_user_token(user, "一", &scopes, 1).await.unwrap();
        }
        let more = store.make_user_token(user, "一", &scopes, 1).await;
        assert!(matches!(more, Err(StoreError::Bad(_))), "{more:?}");
    }
}
