//! The form of a source as a page shows it: for a new one and for one that is changed.

use qingting_models::records::SourceKind;

use super::fields::{Group, groups};
use super::kinds;
use super::problems::Problems;
use crate::caller::Form;
use crate::case_forms::{Control, Field};
use crate::preview::Trial;
use crate::view::Choice;

/// A form with what was typed, what is wrong, and what a trial brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceForm {
    /// Where it is sent.
    pub action: String,
    pub cancel: String,
    pub kind: &'static str,
    pub label: &'static str,
    pub what: &'static str,
    pub groups: Vec<Group>,
    pub can_try: bool,
    pub submit: &'static str,
    pub trial: Option<Trial>,
    /// What kept the trial from being made.
    pub faults: Vec<Fault>,
}

/// A field that has to be mended before a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub field: &'static str,
    pub label: &'static str,
    pub text: String,
}

/// What the person pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Save,
    Try,
}

impl SourceForm {
    /// The form of a new source.
    pub fn to_add(kind: SourceKind, typed: &Form, problems: &Problems) -> Self {
        Self {
            action: "/sources/new".into(),
            cancel: "/sources/new".into(),
            submit: "添加",
            ..Self::of(kind, typed, problems, false)
        }
    }

    /// The form of the source that stands at `page`.
    pub fn to_change(
        page: &str,
        kind: SourceKind,
        typed: &Form,
        problems: &Problems,
        has_secret: bool,
    ) -> Self {
        Self {
            action: format!("{page}/edit"),
            cancel: page.into(),
            submit: "保存",
            ..Self::of(kind, typed, problems, has_secret)
        }
    }

    fn of(kind: SourceKind, typed: &Form, problems: &Problems, has_secret: bool) -> Self {
        Self {
            action: String::new(),
            cancel: String::new(),
            kind: kind.code(),
            label: kind.label(),
            what: kinds::what(kind),
            groups: groups(kind, typed, problems, has_secret),
            can_try: kinds::can_be_tried(kind),
            submit: "",
            trial: None,
            faults: Vec::new(),
        }
    }

    /// The form with the county's tiers to choose from; one that was typed and is none of them stays to be seen.
    pub fn with_tiers(mut self, tiers: &[String]) -> Self {
        let fields = self.groups.iter_mut().flat_map(|group| &mut group.fields);
        for field in fields.filter(|field| field.name == "tier") {
            let typed = Some(&field.value).filter(|typed| !typed.is_empty() && !tiers.contains(typed));
            let option = |tier: &String| Choice::new(tier, tier, *tier == field.value);
            field.control = Control::Select(tiers.iter().chain(typed).map(option).collect());
        }
        self
    }

    /// The form after a trial that the problems of its fields kept from being made.
    pub fn untried(mut self) -> Self {
        let fields = self.groups.iter().flat_map(|group| &group.fields);
        let fault = |field: &Field| {
            Some(Fault { field: field.name, label: field.label, text: field.problem.clone()? })
        };
        self.faults = fields.filter_map(fault).collect();
        self
    }

    pub fn with(mut self, trial: Option<Trial>) -> Self {
        self.trial = trial;
        self
    }
}

/// What is wrong with the tier, if it is none of the county's.
pub(super) fn tier_problem(tier: Option<&String>, tiers: &[String]) -> Option<Problems> {
    let strange = tier.filter(|tier| !tiers.contains(tier))?;
    Some(Problems::one("tier", format!("本县没有级别“{strange}”；可选：{}", tiers.join("、"))))
}

/// What was pressed, and the form with the feed that was picked from a page as its address.
pub(super) fn step(form: &Form) -> (Step, Form) {
    match (form.text("take"), form.text("do")) {
        ("", "try") => (Step::Try, form.clone()),
        ("", _) => (Step::Save, form.clone()),
        (picked, _) => (Step::Try, form.with("address", picked)),
    }
}

#[cfg(test)]
impl SourceForm {
    pub(crate) fn sample(t: &str, kind: SourceKind) -> Self {
        let typed = Form::of(&[
            ("name", t),
            ("address", t),
            ("page_item", t),
            ("column_map", t),
            ("secret", t),
            ("pull_extra", t),
            ("allow_host", t),
            ("channel", t),
            ("full_text", "on"),
        ]);
        let mut problems = Problems::default();
        for field in ["name", "address", "page_item", "column_map", "secret", "channel", "cutoff", "minutes"]
        {
            problems.add(field, t);
        }
        let form = Self::to_change(t, kind, &typed, &problems, true);
        form.with(Some(Trial::sample(t))).untried()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_that_was_not_made_names_the_fields_at_fault() {
        let problems = Problems::one("page_item", "不是选择器");
        let form = SourceForm::to_add(SourceKind::Page, &Form::default(), &problems).untried();
        let faults: Vec<_> = form.faults.iter().map(|f| (f.field, f.label, f.text.as_str())).collect();
        assert_eq!(faults, [("page_item", "每一条", "不是选择器")]);
    }

    #[test]
    fn a_picked_feed_becomes_the_address_and_is_tried() {
        let typed = Form::of(&[
            ("name", "甲"),
            ("address", "https://a.cn/"),
            ("take", "https://a.cn/rss"),
            ("do", "save"),
        ]);
        let (step, form) = step(&typed);
        assert_eq!((step, form.text("address"), form.text("name")), (Step::Try, "https://a.cn/rss", "甲"));
    }
}
