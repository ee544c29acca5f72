//! From what was typed to a described source, with every problem named at its field.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use qingting_models::clock::{from_local, local_date};
use qingting_models::records::{
    Channel, Mode, Open311Rule, PageRule, PullRule, Source, SourceKind, SourceSettings,
};

use super::draft::{Draft, Secret};
use super::problems::Problems;
use super::{address, paging, rules};
use crate::caller::Form;
use crate::error::WebError;

/// Why a form is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Save,
    /// To see what would come in: the fields that matter only to what is kept may be missing.
    Try,
}

/// Fields that a trial does without.
const KEPT_ONLY: &[&str] = &["name", "channel", "mode", "tier", "cutoff", "minutes"];

/// A form that is being read, and what was found wrong with it.
pub(super) struct Reading<'f> {
    pub form: &'f Form,
    pub problems: Problems,
}

/// Reads the form of a source of `kind`; `old` is the source that is changed.
///
/// # Errors
/// Every problem, at its field.
pub(super) fn read(
    kind: SourceKind,
    form: &Form,
    old: Option<&Source>,
    purpose: Purpose,
) -> Result<Draft, Problems> {
    let mut reading = Reading { form, problems: Problems::default() };
    let draft = reading.draft(kind, old);
    let problems = match purpose {
        Purpose::Save => reading.problems,
        Purpose::Try => reading.problems.without(KEPT_ONLY),
    };
    if problems.is_empty() { Ok(draft) } else { Err(problems) }
}

impl Reading<'_> {
    /// One optional line of at most `max` characters.
    pub(super) fn line(&mut self, field: &'static str, label: &str, max: usize) -> Option<String> {
        if self.form.text(field).is_empty() {
            return None;
        }
        let read = self.form.need(field, label, max).map(str::to_owned);
        self.problems.take(field, read)
    }

    /// A value that has to be there; empty, with a problem, when it is not.
    pub(super) fn needed(&mut self, field: &'static str, value: Option<String>, else_say: &str) -> String {
        value.unwrap_or_else(|| {
            if self.problems.of(field).is_none() {
                self.problems.add(field, else_say);
            }
            String::new()
        })
    }

    pub(super) fn number(&mut self, field: &'static str, label: &str) -> Option<u32> {
        let read = self.form.parsed(field, label);
        self.problems.take(field, read).flatten()
    }

    fn ticked(&self, field: &str) -> bool {
        self.form.text(field) == "on"
    }

    fn draft(&mut self, kind: SourceKind, old: Option<&Source>) -> Draft {
        let name = self.form.need("name", "名称", 60).map(str::to_owned);
        let channel = self.form.must("channel", "渠道");
        let mode = self.form.must("mode", "办理方式");
        let settings = self.settings(kind);
        Draft {
            name: self.problems.take("name", name).unwrap_or_default(),
            kind,
            channel: self.problems.take("channel", channel).unwrap_or(Channel::News),
            mode: self.problems.take("mode", mode).unwrap_or(Mode::Handle),
            url: if kind.has_url() { self.address() } else { None },
            cutoff: self.cutoff(old),
            allow_host: if kind.has_url() { self.allowed_host() } else { None },
            interval_s: if kind.is_polled() { self.interval() } else { old.map_or(900, |s| s.interval_s) },
            column_map: self.column_map(kind),
            secret: self.secret(&settings, old),
            settings,
        }
    }

    fn address(&mut self) -> Option<String> {
        let typed = self.line("address", "地址", 1000);
        let typed = self.needed("address", typed, "请填写地址");
        let checked = if typed.is_empty() { Ok(()) } else { address::check(&typed) };
        self.problems.take("address", checked);
        Some(typed)
    }

    fn allowed_host(&mut self) -> Option<String> {
        let host = self.line("allow_host", "允许的内网主机", 200)?;
        self.problems.take("allow_host", address::check_host(&host).map(|()| host))
    }

    fn interval(&mut self) -> i64 {
        let read = match self.form.parsed::<i64>("minutes", "读取间隔") {
            Ok(Some(minutes)) if !(1..=10_080).contains(&minutes) => {
                Err(WebError::bad("读取间隔要在 1 至 10080 分钟（一周）之间"))
            }
            other => other,
        };
        self.problems.take("minutes", read).flatten().unwrap_or(15) * 60
    }

    /// A day begins at midnight here; a cut-off within the same day stays as it was.
    fn cutoff(&mut self, old: Option<&Source>) -> Option<Timestamp> {
        let read = self.form.parsed::<Date>("cutoff", "起始日期");
        let date = self.problems.take("cutoff", read).flatten()?;
        if let Some(before) = old.and_then(|source| source.cutoff).filter(|at| local_date(*at) == date) {
            return Some(before);
        }
        let start = from_local(date.to_datetime(Time::midnight()));
        self.problems.take("cutoff", start.map_err(|_| WebError::bad("起始日期超出范围")))
    }

    fn settings(&mut self, kind: SourceKind) -> SourceSettings {
        let tier = self.line("tier", "来源级别", 20);
        let mut settings = SourceSettings { tier, ..SourceSettings::default() };
        match kind {
            SourceKind::Feed => settings.full_text = self.ticked("full_text"),
            SourceKind::Page => settings.page = Some(self.page()),
            SourceKind::Pull => settings.pull = Some(self.pull()),
            SourceKind::Open311 => settings.open311 = Some(self.open311()),
            SourceKind::Folder => settings.folder = self.folder(),
            SourceKind::Sheet | SourceKind::Push => {}
        }
        settings
    }

    fn page(&mut self) -> PageRule {
        let item = self.line("page_item", "每一条", 300);
        let rule = PageRule {
            item: self.needed("page_item", item, "请填写“每一条”的选择器，如 ul.news > li"),
            title: self.line("page_title", "标题", 300),
            link: self.line("page_link", "链接", 300),
            date: self.line("page_date", "日期", 300),
            body: self.line("page_body", "正文", 300),
            list_only: self.ticked("list_only"),
        };
        if !rule.item.is_empty() {
            rules::check_page(&rule, &mut self.problems);
        }
        rule
    }

    fn pull(&mut self) -> PullRule {
        let records = self.line("pull_records", "所有记录", 300);
        let rule = PullRule {
            records: self.needed("pull_records", records, "请填写“所有记录”的路径，如 $.data.rows[*]"),
            id: self.line("pull_id", "编号", 300),
            title: self.line("pull_title", "标题", 300),
            body: self.line("pull_body", "内容", 300),
            url: self.line("pull_url", "链接", 300),
            occurred: self.line("pull_occurred", "发生或发布时间", 300),
            dispatched: self.line("pull_dispatched", "派单时间", 300),
            due: self.line("pull_due", "办结截止时间", 300),
            state: self.line("pull_state", "状态", 300),
            person_name: self.line("pull_person_name", "姓名", 300),
            person_phone: self.line("pull_person_phone", "电话", 300),
            extra: self.extra(),
            paging: paging::read(self),
            secret_header: self.secret_header(),
        };
        if rule.title.is_none() && rule.body.is_none() {
            self.problems.add("pull_title", "“标题”和“内容”至少填一个");
        }
        if self.problems.is_empty() {
            rules::check_pull(&rule, &mut self.problems);
        }
        rule
    }

    /// Lines of the form `label = path`.
    fn extra(&mut self) -> Vec<(String, String)> {
        let mut extra = Vec::new();
        for line in self.form.text("pull_extra").lines().map(str::trim).filter(|line| !line.is_empty()) {
            match line.split_once('=').map(|(label, path)| (label.trim(), path.trim())) {
                Some((label, path)) if !label.is_empty() && !path.is_empty() => {
                    extra.push((label.to_owned(), path.to_owned()));
                }
                _ => {
                    let shown: String = line.chars().take(40).collect();
                    let text = format!("“{shown}”应写成：名称 = 路径，如 所属区域 = $.area");
                    self.problems.add("pull_extra", text);
                }
            }
        }
        extra
    }

    fn secret_header(&mut self) -> Option<String> {
        let header = self.line("secret_header", "放口令的请求头", 60)?;
        let fits = header.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let read = if fits {
            Ok(header)
        } else {
            Err(WebError::bad("请求头只用字母、数字和 -，如 X-Api-Key"))
        };
        self.problems.take("secret_header", read)
    }

    fn secret(&mut self, settings: &SourceSettings, old: Option<&Source>) -> Secret {
        let typed = self.line("secret", "口令", 2000);
        let header = settings.pull.as_ref().and_then(|pull| pull.secret_header.as_ref());
        let has_one = old.is_some_and(|source| source.has_secret) && !self.ticked("secret_clear");
        match (&typed, header) {
            (Some(_), None) if self.problems.of("secret_header").is_none() => {
                self.problems.add("secret_header", "填了口令，就要填放它的请求头，如 Authorization");
            }
            (None, Some(_)) if !has_one => {
                self.problems.add("secret", "填了请求头，就要填口令；不要口令就把请求头清空");
            }
            (Some(secret), _) if secret.chars().any(char::is_control) => {
                self.problems.add("secret", "口令里不能有换行等控制字符");
            }
            _ => {}
        }
        match typed {
            Some(secret) => Secret::Set(secret),
            None if self.ticked("secret_clear") => Secret::Clear,
            None => Secret::Keep,
        }
    }

    fn open311(&mut self) -> Open311Rule {
        let codes = self.form.text("service_codes");
        let codes = codes.split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；'));
        Open311Rule {
            jurisdiction_id: self.line("jurisdiction", "辖区代号", 200),
            service_codes: codes.filter(|code| !code.is_empty()).map(str::to_owned).collect(),
        }
    }

    fn folder(&mut self) -> Option<String> {
        let typed = self.line("folder", "文件夹", 500);
        let path = self.needed("folder", typed, "请填写文件夹的完整路径");
        if !path.is_empty() && !std::path::Path::new(&path).is_absolute() {
            self.problems.add("folder", "请填写从根目录开始的完整路径，如 /srv/qingting/drop/12345");
        }
        Some(path)
    }

    fn column_map(&mut self, kind: SourceKind) -> Option<String> {
        if !matches!(kind, SourceKind::Sheet | SourceKind::Folder) {
            return None;
        }
        let map = self.line("column_map", "列的对照", 4000)?;
        rules::check_map(&map, &mut self.problems);
        Some(map)
    }
}

#[cfg(test)]
mod tests {
    use super::super::draft::form_of;
    use super::*;

    const COMMON: [(&str, &str); 4] =
        [("name", "县政府网"), ("channel", "site"), ("mode", "handle"), ("minutes", "30")];

    fn form(more: &[(&str, &str)]) -> Form {
        let mut rows: Vec<(&str, &str)> =
            COMMON.into_iter().filter(|(k, _)| more.iter().all(|(m, _)| m != k)).collect();
        rows.extend_from_slice(more);
        Form::of(&rows)
    }

    fn problem(kind: SourceKind, more: &[(&str, &str)], field: &str) -> String {
        let problems = read(kind, &form(more), None, Purpose::Save).unwrap_err();
        problems.of(field).unwrap_or_else(|| panic!("{field} has no problem: {problems:?}"))
    }

    const ADDRESS: (&str, &str) = ("address", "https://www.example.cn/list");

    #[test]
    fn a_source_of_every_kind_comes_out_as_it_went_in() {
        let whole: &[(SourceKind, &[(&str, &str)])] = &[
            (
                SourceKind::Feed,
                &[ADDRESS, ("full_text", "on"), ("cutoff", "2026-11-01"), ("allow_host", "www.example.cn")],
            ),
            (
                SourceKind::Page,
                &[
                    ADDRESS,
                    ("page_item", "ul > li"),
                    ("page_title", "a"),
                    ("page_link", "a"),
                    ("page_date", "i"),
                    ("page_body", "#zoom"),
                    ("list_only", "on"),
                ],
            ),
            (SourceKind::Sheet, &[("column_map", "body = \"情况说明\"")]),
            (SourceKind::Folder, &[("folder", "/srv/drop")]),
            (SourceKind::Push, &[]),
            (
                SourceKind::Pull,
                &[
                    ADDRESS,
                    ("pull_records", "$.rows[*]"),
                    ("pull_id", "$.id"),
                    ("pull_title", "$.title"),
                    ("pull_state", "$.state"),
                    ("pull_person_phone", "$.phone"),
                    ("pull_extra", "所属区域 = $.area\n承办单位 = $.unit"),
                    ("paging", "cursor"),
                    ("paging_next", "$.next"),
                    ("paging_parameter", "cursor"),
                ],
            ),
            (SourceKind::Open311, &[ADDRESS, ("jurisdiction", "xs"), ("service_codes", "001、002 003")]),
        ];
        for (kind, rows) in whole {
            let draft = read(*kind, &form(rows), None, Purpose::Save).unwrap();
            let source = draft.to_source(Timestamp::UNIX_EPOCH);
            let again = read(*kind, &form_of(&source), Some(&source), Purpose::Save).unwrap();
            assert_eq!(again.settings, draft.settings, "{kind}");
            assert_eq!(again.to_source(Timestamp::UNIX_EPOCH), source, "{kind}");
            assert_eq!(again.secret, Secret::Keep);
        }
    }

    #[test]
    fn the_start_of_a_day_is_midnight_here_and_a_finer_cut_off_stays() {
        let draft = read(SourceKind::Push, &form(&[("cutoff", "2026-11-01")]), None, Purpose::Save).unwrap();
        assert_eq!(draft.cutoff.unwrap().to_string(), "2026-10-31T16:00:00Z");
        let mut source = draft.to_source(Timestamp::UNIX_EPOCH);
        source.cutoff = Some("2026-11-01T01:30:00Z".parse().unwrap());
        let kept = read(SourceKind::Push, &form_of(&source), Some(&source), Purpose::Save).unwrap();
        assert_eq!(kept.cutoff, source.cutoff);
    }

    #[test]
    fn every_problem_is_told_at_its_field() {
        use SourceKind as K;
        for (kind, rows, field) in [
            (K::Push, &[("name", "")][..], "name"),
            (K::Push, &[("name", &*"长".repeat(61))], "name"),
            (K::Push, &[("channel", "电报")], "channel"),
            (K::Push, &[("mode", "")], "mode"),
            (K::Push, &[("cutoff", "昨天")], "cutoff"),
            (K::Feed, &[], "address"),
            (K::Feed, &[("address", "example.cn")], "address"),
            (K::Feed, &[ADDRESS, ("minutes", "0")], "minutes"),
            (K::Feed, &[ADDRESS, ("minutes", "很快")], "minutes"),
            (K::Feed, &[ADDRESS, ("allow_host", "http://oa.local")], "allow_host"),
            (K::Page, &[ADDRESS], "page_item"),
            (K::Folder, &[("folder", "drop/12345")], "folder"),
            (K::Folder, &[], "folder"),
            (K::Sheet, &[("column_map", "正文 是 情况说明")], "column_map"),
            (K::Pull, &[ADDRESS, ("pull_title", "$.t")], "pull_records"),
            (K::Pull, &[ADDRESS, ("pull_records", "$[*]")], "pull_title"),
            (
                K::Pull,
                &[ADDRESS, ("pull_records", "$[*]"), ("pull_title", "$.t"), ("pull_extra", "区域")],
                "pull_extra",
            ),
            (
                K::Pull,
                &[ADDRESS, ("pull_records", "$[*]"), ("pull_title", "$.t"), ("paging", "cursor")],
                "paging_next",
            ),
            (
                K::Pull,
                &[ADDRESS, ("pull_records", "$[*]"), ("pull_title", "$.t"), ("paging", "number")],
                "paging_parameter",
            ),
            (K::Pull, &[ADDRESS, ("pull_records", "$[*]"), ("pull_title", "$.t"), ("paging", "?")], "paging"),
            (
                K::Pull,
                &[ADDRESS, ("pull_records", "$[*]"), ("pull_title", "$.t"), ("secret", "s")],
                "secret_header",
            ),
            (
                K::Pull,
                &[ADDRESS, ("pull_records", "$[*]"), ("pull_title", "$.t"), ("secret_header", "X-Key")],
                "secret",
            ),
            (
                K::Pull,
                &[
                    ADDRESS,
                    ("pull_records", "$[*]"),
                    ("pull_title", "$.t"),
                    ("secret_header", "X: y"),
                    ("secret", "s"),
                ],
                "secret_header",
            ),
        ] {
            let told = problem(kind, rows, field);
            assert!(told.chars().any(|c| c > '\u{4e00}'), "{told}");
        }
    }

    #[test]
    fn a_trial_needs_only_what_is_read() {
        let only = Form::of(&[ADDRESS]);
        assert!(read(SourceKind::Feed, &only, None, Purpose::Try).is_ok());
        assert!(read(SourceKind::Feed, &only, None, Purpose::Save).is_err());
        assert!(
            read(SourceKind::Page, &only, None, Purpose::Try).is_err(),
            "without a selector nothing is read"
        );
    }

    #[test]
    fn a_secret_is_kept_replaced_or_cleared() {
        let rows = [ADDRESS, ("pull_records", "$[*]"), ("pull_title", "$.t"), ("secret_header", "X-Key")];
        let mut with = rows.to_vec();
        with.push(("secret", "abc"));
        let draft = read(SourceKind::Pull, &form(&with), None, Purpose::Save).unwrap();
        assert_eq!(draft.secret, Secret::Set("abc".into()));
        let mut source = draft.to_source(Timestamp::UNIX_EPOCH);
        source.has_secret = true;
        let kept = read(SourceKind::Pull, &form(&rows), Some(&source), Purpose::Save).unwrap();
        assert_eq!(kept.secret, Secret::Keep);
        let cleared = [ADDRESS, ("pull_records", "$[*]"), ("pull_title", "$.t"), ("secret_clear", "on")];
        let cleared = read(SourceKind::Pull, &form(&cleared), Some(&source), Purpose::Save).unwrap();
        assert_eq!(cleared.secret, Secret::Clear);
    }
}
