//! What an administrator can do about a source's trouble: advice by what the reason says.

/// Where the advice stands: `{改}` and `{再试}` in it read differently beside a form that is not saved yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// A source that is read by itself, with a button that leads to its form.
    Source,
    /// The form.
    Form,
}

/// What a reason contains, and what to do. The first that fits is taken.
const REMEDIES: &[(&str, &str)] = &[
    ("lies on a private network", "如果这确实是本单位内网的地址，{改}在“允许的内网主机”里填上这个主机名。"),
    (
        "no address is known for the host",
        "核对地址有没有写错；别的电脑能打开的话，请网络管理员检查本服务器的域名解析。",
    ),
    (
        "could not connect",
        "用浏览器打开这个地址看看：打不开就等对方恢复，{再试}；打得开请网络管理员检查防火墙。",
    ),
    ("did not answer in time", "不用急着处理，{再试}；一连几天都这样，请联系对方，或把读取间隔调长。"),
    (
        "(access denied)",
        "对方不让程序读取。请联系对方放行；用口令的接口，请核对口令是否过期，{改}换上新的口令。",
    ),
    ("(not found", "对方可能换了地址。请打开对方网站找到新的地址，{改}换上，试读能看到条目后保存。"),
    ("(gone for good)", "对方已经取消这个地址。请找到新的地址换上；没有新的，就暂停或移除这个来源。"),
    ("(asked to come less often)", "不用处理，程序会按对方的要求放慢。经常这样，请把读取间隔调长。"),
    ("(a fault on their side)", "不用处理，等对方恢复，{再试}。"),
    ("so that its pages are left alone", "不用急着处理，{再试}；一连几天都这样，请联系对方网站。"),
    ("were still running", "不用处理，{再试}。"),
    ("broke off", "不用处理，{再试}；一连几天都断，请联系对方。"),
    ("could not be unpacked", "对方输出的内容有错。{再试}；一连几天都这样，请告诉对方。"),
    ("is no header", "{改}改正放口令的请求头和口令。"),
    ("robots.txt", "对方网站声明不许程序读取这里。请征得对方同意，由对方放行，或改用对方提供的接口、表格。"),
    ("is no web address", "{改}把地址改成以 http:// 或 https:// 开头的完整地址。"),
    ("is larger than", "内容太大。请对方提供只含最近内容的地址。"),
    ("redirects", "用浏览器打开，看最后停在哪个地址，{改}换上。"),
    ("not a feed", "地址打开的是别的内容，可能已改版。{改}填对方网站的网页地址再试读，程序会替您找订阅源。"),
    ("the feed is damaged", "对方输出的内容有错。{再试}；一连几天都这样，请把这一页告诉对方。"),
    ("has no address", "{改}填上地址。"),
    (
        "brought no date",
        "日期没有读出来，条目已照常收下。{改}对照网页重填“日期”的选择器；列表上没有日期的话，清空这一格。",
    ),
    (
        "is no list of service requests",
        "这个地址给的不是 Open311 的数据。请向对方核对接口地址，一般以 /requests.json 前的那一段为准，{改}换上。",
    ),
    (
        "the Open311 server refused",
        "对方拒绝了请求。{改}按提示核对辖区代号和服务代码；都对的话，请联系对方。",
    ),
    ("matched nothing", UNMATCHED),
    ("without a selector of its own", UNMATCHED),
    ("finds no records", UNMATCHED),
    ("is no JSON:", "对方给的不是数据，可能要口令，或地址换了。请核对地址和口令，试读能看到条目后保存。"),
    ("needs a secret", "{改}填上对方给的口令。"),
    ("the folder", "请服务器管理员检查这个文件夹：路径对不对、还在不在、程序能不能读写。"),
    ("for \"item\" matched", "规则选中的太多。{改}把“每一条”的选择器写得更具体，试读看到的条目合适后保存。"),
    ("is no CSS selector", "{改}按提示改正这个选择器，试读能看到条目后保存。"),
    ("is no JSONPath", "{改}按提示改正这条路径，试读能看到条目后保存。"),
];

/// The source was reached, and its rule fits nothing.
const UNMATCHED: &str = "用浏览器打开看看：只是暂时没有内容的，不用处理，有了会照常读入；样子变了的，{改}对照对方现在的样子重新填写规则，试读能看到条目后保存。";

/// When nothing is known about the reason.
const OTHERWISE: &str = "{再试}。一直这样的话，请把原始记录交给技术人员。";

/// What to do about `reason`, as the doors write it.
pub fn remedy(reason: &str, beside: Beside) -> String {
    let todo = REMEDIES.iter().find(|(said, _)| reason.contains(said)).map_or(OTHERWISE, |(_, todo)| todo);
    let (change, again) = match beside {
        Beside::Source => ("点“修改”，", "程序会自己再试"),
        Beside::Form => ("", "过一会儿再试读"),
    };
    todo.replace("{改}", change).replace("{再试}", again)
}

/// Whether the source was reached and its rule fits nothing any more.
pub fn is_unmatched(reason: &str) -> bool {
    [
        "matched nothing",
        "without a selector of its own",
        "brought no date",
        "finds no records",
        "none could be taken in",
    ]
    .iter()
    .any(|words| reason.contains(words))
}

#[cfg(test)]
mod tests {
    use qingting_ingest::feed::FeedError;
    use qingting_ingest::http::{During, FetchError};

    use super::*;

    #[test]
    fn the_usual_failures_have_advice_of_their_own() {
        let host = || "news.example.cn".to_owned();
        let status = |status| FetchError::Status { host: host(), status, retry_after: None };
        let usual = [
            FetchError::Refused { host: host(), address: [10, 0, 0, 1].into() },
            FetchError::NoSuchHost { host: host() },
            FetchError::CouldNotConnect { host: host(), why: "refused".into() },
            FetchError::TimedOut {
                host: host(),
                during: During::Head,
                limit: std::time::Duration::from_secs(30),
            },
            FetchError::RobotsForbid { host: host(), path: "/".into() },
            FetchError::RobotsUnknown { host: host(), why: "refused".into() },
            FetchError::HostBusy { host: host() },
            FetchError::CutOff { host: host(), why: "end".into() },
            FetchError::BadHeader { name: "X".into(), why: "blank".into() },
            FetchError::TooManyRedirects { limit: 5 },
            FetchError::Feed(FeedError::NotAFeed("a web page")),
            FetchError::Feed(FeedError::Broken("no end".into())),
            status(403),
            status(404),
            status(410),
            status(429),
            status(502),
        ];
        let otherwise = remedy("something new", Beside::Source);
        let mut seen: Vec<String> = Vec::new();
        for error in usual {
            let advice = remedy(&error.to_string(), Beside::Source);
            assert_ne!(advice, otherwise, "{error}");
            assert!(!seen.contains(&advice), "{error} has the advice of another");
            seen.push(advice);
        }
    }

    #[test]
    fn beside_a_form_nobody_is_sent_to_another_page() {
        for (said, _) in REMEDIES.iter().chain([&("something new", "")]) {
            let (on_page, on_form) = (remedy(said, Beside::Source), remedy(said, Beside::Form));
            assert!(!on_page.contains('{') && !on_form.contains('{'), "{on_page} {on_form}");
            assert!(!on_form.contains("“修改”") && !on_form.contains("自己再试"), "{on_form}");
        }
        let private = remedy("10.0.0.1 lies on a private network", Beside::Form);
        assert!(private.contains("地址，在“允许的内网主机”里填"), "{private}");
    }
}
