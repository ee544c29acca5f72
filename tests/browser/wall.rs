//! The wall display: it brings itself up to date, and says so where it cannot.

use super::journeys::{PASSWORD, county};
use super::window::{Window, serve, wanted};

/// Drops the line and brings it back, which is what makes the page ask at once.
async fn reconnect(window: &Window) {
    window.cut_off(true).await;
    window.wait_for_said(".stale", "连不上服务器").await;
    window.cut_off(false).await;
}

#[tokio::test]
async fn old_figures_are_never_shown_as_if_they_were_new() {
    if !wanted() {
        return;
    }
    let (county, _) = county().await;
    let (_server, site) = serve(&county);
    let window = Window::open(&site).await;
    window.look(1920, 1080, true).await;
    window.log_in("duty", PASSWORD).await;
    window.go("/wall").await;
    window.wait_for_said("main", "待研判").await;
    window.shoot("wall").await;
    window.cut_off(true).await;
    window.wait_for_said(".stale", "连不上服务器。下面是").await;
    assert!(!window.console().await.is_empty(), "the browser itself notes that it was cut off");
    window.cut_off(false).await;
    window.wait_for_hidden(".stale").await;
    let kept = window.client.get_all_cookies().await.unwrap();
    window.client.delete_all_cookies().await.unwrap();
    reconnect(&window).await;
    window.wait_for_said(".stale", "登录已结束，请重新登录。").await;
    for cookie in kept {
        window.client.add_cookie(cookie).await.unwrap();
    }
    reconnect(&window).await;
    window.wait_for_hidden(".stale").await;
    window.wait_for_said("main", "待研判").await;
    window.close().await;
}
