//! Call-backs of a case that answers many: each noted by itself, closed with the last, reopened by one.

use qingting_models::records::{CaseFile, Item, Outcome, Rate, RatingGrade};
use qingting_respond::acting::ActingUser;
use qingting_respond::action::Action;
use qingting_respond::case_change::applied;
use qingting_respond::decide::{CalledBack, call_back_one, called_back, take_in};
use qingting_respond::refusal::Refusal;

use crate::builders::*;
use crate::clocks::{clock, open_rules};
use crate::rates::{counted, of};

/// A replied case that answers three calls.
fn of_three(house: &House) -> (CaseFile, Vec<Item>) {
    let file = house.open(&complaint());
    let others: Vec<Item> = ["我家也渗水", "楼上也渗水"]
        .into_iter()
        .enumerate()
        .map(|(n, title)| {
            let mut item = complaint();
            item.id = (900 + n as i64).into();
            item.content.title = title.into();
            item
        })
        .collect();
    let taken = take_in(&file, &others, "", &duty(), &house.ctx()).unwrap();
    let mut file = applied(&file, &taken);
    let answered = [vec![file.item.clone()], others].concat();
    for (who, action) in [(handler(), Action::Accept), (handler(), submit()), (reviewer(), approve())] {
        house.act(&mut file, &who, action);
    }
    (file, answered)
}

fn said(item: &Item, grade: RatingGrade) -> CalledBack {
    CalledBack { item: item.id, grade, outcome: Outcome::Solved, note: "电话13800001234".into() }
}

fn noted(
    house: &House,
    file: &CaseFile,
    answered: &[Item],
    who: &ActingUser,
    said: &CalledBack,
) -> Result<CaseFile, Refusal> {
    call_back_one(file, answered, said, who, &house.ctx()).map(|change| applied(file, &change))
}

#[test]
fn the_clock_of_the_call_back_runs_until_the_last_was_called_and_each_counts_once() {
    let mut house = House::new();
    let (mut file, answered) = of_three(&house);
    for (place, item) in answered.iter().enumerate() {
        house.later(1);
        assert_eq!(open_rules(&file), ["hotline.callback"]);
        let version = file.case.version;
        file = noted(&house, &file, &answered, &duty(), &said(item, RatingGrade::Satisfied)).unwrap();
        assert_eq!(file.case.version, version + 1);
        assert_eq!(file.case.state.code(), if place < 2 { "replied" } else { "closed" });
        assert_eq!(called_back(&file).len(), place + 1);
        assert_eq!(counted(&file, Rate::Satisfied).len(), place + 1);
    }
    assert_eq!(open_rules(&file), [""; 0]);
    assert_eq!(clock(&file, "hotline.callback").met_at, Some(house.now));
    assert!(file.ratings.iter().all(|rating| !rating.note.contains("13800001234")), "notes are masked");
    assert!(counted(&file, Rate::Satisfied).iter().all(|(charged, _, holds)| *charged == of(LEAD) && *holds));
}

#[test]
fn one_who_is_unsatisfied_reopens_and_all_are_asked_again_about_the_new_reply() {
    let mut house = House::new();
    let (file, answered) = of_three(&house);
    let mut file =
        noted(&house, &file, &answered, &duty(), &said(&answered[2], RatingGrade::Satisfied)).unwrap();
    file = noted(&house, &file, &answered, &duty(), &said(&answered[1], RatingGrade::Unsatisfied)).unwrap();
    assert_eq!((file.case.state.code(), file.case.reopened), ("assigned", 1));
    assert_eq!(open_rules(&file), ["rating.rectify"]);
    let late = noted(&house, &file, &answered, &duty(), &said(&answered[0], RatingGrade::Satisfied));
    assert!(matches!(late, Err(Refusal::WrongState { .. })), "{late:?}");
    house.later(1);
    house.act(&mut file, &handler(), Action::Accept);
    house.act(&mut file, &handler(), submit());
    house.act(&mut file, &reviewer(), approve());
    assert_eq!(called_back(&file), []);
    file = noted(&house, &file, &answered, &duty(), &said(&answered[1], RatingGrade::Satisfied)).unwrap();
    assert_eq!((file.case.state.code(), called_back(&file)), ("replied", vec![answered[1].id]));
    house.act(&mut file, &duty(), call_back(RatingGrade::Satisfied));
    assert_eq!(file.case.state.code(), "closed", "all that are left at once");
    assert_eq!(
        counted(&file, Rate::Satisfied).iter().map(|fact| fact.2).collect::<Vec<_>>(),
        [true, false, true, true]
    );
}

#[test]
fn it_is_noted_by_the_desk_once_for_each_that_the_case_answers() {
    let house = House::new();
    let (file, answered) = of_three(&house);
    let first = said(&answered[0], RatingGrade::Satisfied);
    for who in [handler(), reviewer()] {
        assert!(noted(&house, &file, &answered, &who, &first).is_err());
    }
    let mut foreign = complaint();
    foreign.id = 999.into();
    let outside = noted(&house, &file, &answered, &duty(), &said(&foreign, RatingGrade::Satisfied));
    assert_eq!(outside.unwrap_err(), Refusal::NotInCase);
    let file = noted(&house, &file, &answered, &duty(), &first).unwrap();
    let again = noted(&house, &file, &answered, &duty(), &first);
    assert!(matches!(again, Err(Refusal::AlreadySo(_))), "{again:?}");
}
