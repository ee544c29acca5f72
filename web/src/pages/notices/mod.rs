//! Notices (通知): what everybody was told, and what administrators say about it: rules, channels, addresses, the roster,
//! and what does not get out.

pub(crate) mod channel_form;
pub mod channels;
pub mod contacts;
pub mod deliveries;
pub mod list;
pub mod roster;
pub(crate) mod rule_form;
pub mod rules;
pub mod stream;

use crate::access::Verdict;
use crate::caller::Caller;
use crate::frame::NavLink;
use crate::routes;

/// The pages about notices.
const TABS: &[(&str, &str)] = &[
    ("/notices", "我的通知"),
    ("/notices/roster", "值班表"),
    ("/notices/rules", "通知规则"),
    ("/notices/channels", "外发渠道"),
    ("/notices/contacts", "联系方式"),
    ("/notices/deliveries", "外发情况"),
    ("/webhooks", "变动推送"),
];

/// Those that the caller may see; none when that is one alone.
pub(super) fn tabs(caller: &Caller, here: &str) -> Vec<NavLink> {
    let may = |href: &str| routes::access_of(href).verdict(Some(caller.user())) == Verdict::Allow;
    let tabs = TABS.iter().filter(|(href, _)| may(href));
    let tabs: Vec<NavLink> =
        tabs.map(|(href, label)| NavLink { href, label, current: *href == here }).collect();
    if tabs.len() > 1 { tabs } else { Vec::new() }
}
