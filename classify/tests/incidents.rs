//! Joining items into incidents: texts written for the project, and the gold incidents of the shared corpus where it
//! lies beside the project.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;

use qingting_classify::corpus::{load_ids, load_incidents};
use qingting_classify::incidents::{FACE, Holder, Kinship, Member, Newcomer, Shelf, measure};
use qingting_classify::{Classifier, Input, Model};
use qingting_models::county::County;
use qingting_models::records::Channel;

const DAY: i64 = 86_400_000;

#[allow(clippy::unwrap_used)] // a static is no test to clippy
static CLASSIFIER: LazyLock<Classifier> =
    LazyLock::new(|| Classifier::new(Model::embedded().unwrap(), &County::embedded().unwrap()));

fn member(day: i64, channel: Channel, title: &str, body: &str) -> Member {
    let input = Input { title, body, channel };
    Member { signature: CLASSIFIER.signature(&input, &CLASSIFIER.judge(&input)), at: day * DAY }
}

fn call(day: i64, title: &str, body: &str) -> Member {
    member(day, Channel::Hotline, title, body)
}

/// The incidents of items that come one after the other, counted from 0.
fn join(items: impl IntoIterator<Item = Member>) -> Vec<usize> {
    let mut shelf = Shelf::new(Kinship::default());
    let mut count = 0;
    let mut next = || {
        count += 1;
        count - 1
    };
    let joined: Vec<usize> = items.into_iter().map(|item| shelf.join(item, &mut next).incident).collect();
    joined.into_iter().map(|incident| shelf.home(incident)).collect()
}

#[test]
fn calls_about_one_matter_join_and_other_matters_of_the_street_stay_apart() {
    let found = join([
        call(
            1,
            "石浦镇望海花园停水三天",
            "望海花园三期从前天起没有自来水，老人小孩没法做饭，请尽快恢复供水。",
        ),
        call(
            2,
            "望海花园还是没有水",
            "石浦镇望海花园三期自来水停了三天多，打供水公司电话说在抢修，什么时候恢复供水？",
        ),
        call(2, "石浦镇望海花园幼儿园收费太高", "望海花园配套幼儿园每月收费四千，不是说好办普惠园吗？"),
        call(3, "石浦镇望海路夜宵摊油烟扰民", "望海路上的烧烤摊每天营业到凌晨两点，油烟直排，居民开不了窗。"),
        call(3, "西周镇停水", "西周镇岭下村停水一天了，请恢复供水。"),
        member(3, Channel::News, "石浦镇望海花园供水管道抢修，三期居民用水受影响", ""),
    ]);
    assert_eq!(found[0], found[1], "two calls on one matter");
    assert_eq!(found[0], found[5], "news and calls on one matter");
    assert_eq!(HashSet::from([found[0], found[2], found[3], found[4]]).len(), 4, "{found:?}");
}

#[test]
fn the_same_text_months_later_is_another_incident() {
    let text = ("丹东街道建设路污水井满溢", "建设路与新华路口的污水井又满了，脏水流到马路上。");
    let found = join([call(1, text.0, text.1), call(60, text.0, text.1), call(300, text.0, text.1)]);
    assert_eq!(found, [0, 0, 1]);
}

#[test]
fn copies_that_name_no_place_are_one() {
    let text =
        ("物业乱收费", "电梯坏了一个星期，物业说没有维修资金，年纪大的人爬不动十六楼，却还要涨物业费。");
    let other = ("物业乱收费", "门口保安不让外卖进来，停车费又涨了一倍，业委会也选不出来，请管管。");
    assert_eq!(
        join([call(1, text.0, text.1), call(3, text.0, text.1), call(4, other.0, other.1)]),
        [0, 0, 1]
    );
}

#[test]
fn what_a_matter_is_found_by_is_not_written_again_within_a_day() {
    let mut shelf = Shelf::default();
    let mut terms = |day| {
        let call = call(day, "望海花园停水", "望海花园三期从前天起没有自来水，打供水公司的电话一直占线。");
        let joined = shelf.join(call, || 7);
        assert_eq!(joined.incident, 7);
        joined.terms.len()
    };
    assert!(terms(1) > 0);
    assert_eq!(terms(1), 0);
    assert!(terms(2) > 0);
}

/// A dozen matters that have nothing to do with each other: title and body.
const MATTERS: [(&str, &str); 12] = [
    ("碧桂苑电梯困人", "碧桂苑六幢的电梯上周关了两回人，按铃没人应，物业说零件要等厂家发货。"),
    ("加油站多收油钱", "昨天在环城加油站加满一箱油，油箱才五十升，小票上写了五十六升。"),
    ("咨询生育津贴", "单位说产假工资由医保中心发，想问津贴按哪一年的缴费基数算。"),
    ("7路车末班提前开走", "晚上八点四十在汽车站等7路末班车，还没到点就开走了，只好打车回家。"),
    ("敬老院热水不足", "母亲住在敬老院，入冬以后三楼的热水时有时无，洗一次澡要等半天。"),
    ("稻田灌不上水", "下沈村的水泵房停了十来天，早稻秧苗发黄，村干部说变压器要换。"),
    ("驾校不退学费", "报名以后教练换了三个，一直排不上考试，要求退学费被扣掉一半。"),
    ("中学门口烧烤摊", "放学时间校门口摆满烤串摊，烟往教室里飘，学生吃了拉肚子。"),
    ("海鲜市场短斤少两", "买了四斤梭子蟹，回家一称只有三斤二两，摊主说绳子也算。"),
    ("图书馆自习座位太少", "周末去图书馆，九点不到座位全被书包占着，希望能预约。"),
    ("工地夜里打桩", "隔壁地块凌晨一点还在打桩，孩子整夜哭，环保电话打不通。"),
    ("医保卡刷不出来", "在药店买降压药，医保卡提示已冻结，打社保电话让去窗口排队。"),
];
const FORMULA: &str = "该市民表示曾向辖区网格员登记反馈，至今杳无音讯。";

/// Joins items by a shelf that is trimmed after each, and brings back what they can meet from all that was there.
fn join_trimming(items: impl IntoIterator<Item = Member>) -> Vec<usize> {
    let mut shelf = Shelf::default();
    let mut terms: HashMap<u32, Vec<Holder<usize>>> = HashMap::new();
    let mut members: Vec<Vec<Member>> = Vec::new();
    let mut joined = Vec::new();
    for item in items {
        let newcomer = Newcomer::from(item.clone());
        for term in &newcomer.terms {
            if !shelf.has_term(term.hash) {
                shelf.put_term(term.hash, terms.get(&term.hash).cloned().unwrap_or_default());
            }
        }
        for incident in shelf.missing(&shelf.candidates(&newcomer)) {
            let all = &members[incident];
            shelf.put_face(incident, all[all.len().saturating_sub(FACE)..].to_vec());
        }
        let now = shelf.join(newcomer, || members.len());
        assert!(now.merged.is_empty());
        members.resize(members.len().max(now.incident + 1), Vec::new());
        members[now.incident].push(item);
        terms.extend(now.terms.iter().map(|hash| (*hash, shelf.term(*hash).to_vec())));
        joined.push(now.incident);
        shelf.trim();
        assert!(shelf.len() <= 60, "{}", shelf.len());
    }
    joined
}

#[test]
fn what_was_taken_off_the_shelf_and_brought_back_joins_as_if_it_had_stayed() {
    let again =
        |(n, (title, body)): (usize, &(&str, &str))| call(3 * n as i64, title, &format!("您好，{body}"));
    let calls = || MATTERS.iter().chain(&MATTERS).chain(&MATTERS[..5]).enumerate().map(again);
    let stayed = join(calls());
    assert_eq!(stayed.iter().max(), Some(&11));
    assert_eq!(join_trimming(calls()), stayed);
}

fn with_formula(formulas: &[&str]) -> Vec<Member> {
    let formulas = formulas.iter().cycle();
    let told = MATTERS.iter().zip(formulas).enumerate();
    told.map(|(day, ((title, body), formula))| call(day as i64, title, &format!("{body}{formula}"))).collect()
}

#[test]
fn matters_that_end_in_one_formula_stay_apart() {
    assert_eq!(join(with_formula(&[FORMULA])), Vec::from_iter(0..12));
    let nearly = "该市民表示上月曾向辖区网格员登记反馈，至今仍杳无音讯。";
    assert_eq!(join(with_formula(&[FORMULA, nearly])), Vec::from_iter(0..12));
    let second = "诉求人希望承办单位上门核验并书面告知办理结论。";
    assert_eq!(join(with_formula(&[FORMULA, second])), Vec::from_iter(0..12));
    assert_eq!(join(with_formula(&[&format!("{second}{FORMULA}")])), Vec::from_iter(0..12));
}

#[test]
fn a_formula_joins_no_matters_of_one_place() {
    let mut items = with_formula(&[FORMULA]);
    let first = items.len();
    items.push(call(12, "望海花园幼儿园学费涨价", &format!("望海花园幼儿园每月学费涨到四千元。{FORMULA}")));
    items.push(call(13, "望海花园垃圾没人清运", &format!("望海花园北门的垃圾桶堆了五天。{FORMULA}")));
    assert_eq!(join(items)[first..], [12, 13]);
}

#[test]
fn callers_who_use_one_slogan_on_one_place_stay_together() {
    let slogan = "还我绿地还我阳光，坚决反对违规加建高楼。";
    let found = join([
        call(1, "望海花园业主反对加建", &format!("望海花园东侧的中心绿地要改成三十层高楼。{slogan}")),
        call(1, "望海花园绿地不能盖楼", &format!("开发商在望海花园绿地上打桩，业主都没有签字。{slogan}")),
        call(2, "要求停建望海花园高楼", &format!("望海花园的规划图上这里是绿地，怎么变成高楼了？{slogan}")),
        call(3, "望海花园西门路灯不亮", "望海花园西门到公交站的一段路灯不亮，晚上看不见台阶。"),
    ]);
    assert_eq!(found, [0, 0, 0, 1]);
}

#[test]
fn a_letter_sent_again_with_as_much_again_below_is_found() {
    let letter = "孩子在镇中心小学读书，教学楼后面的围墙去年台风刮倒了一截。学校用彩钢板挡着，板子现在也歪了。墙外是一条\
                  三米深的水沟，课间总有学生往那里钻。家长会提过两回，校长说报了维修经费，要等批。";
    let more = "昨天又有一个三年级男孩翻过去捡球，滑进沟里擦破了膝盖。班主任在群里发通知，让家长自己教育。我们不明白，修\
                十几米围墙能花几个钱？请教育局派人来量一量，给个开工日期。不然只好家长轮流站岗。";
    let items = [
        call(1, "学校围墙倒了没人修", letter),
        call(2, "课后服务收费", "课后服务一学期收六百元，老师只看着写作业，想问收费依据是什么。"),
        call(9, "写给教育局", &format!("{letter}{more}")),
    ];
    assert_eq!(join(items), [0, 1, 0]);
}

#[test]
fn letters_of_the_corpus_join_as_the_gold_incidents_say() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let messages = here.join("../../shared/corpus/messages.jsonl");
    if !messages.is_file() {
        println!("the corpus is absent: nothing was measured");
        return;
    }
    let text = std::fs::read_to_string(messages).unwrap();
    let mut rows: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let time = |row: &serde_json::Value| {
        row["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
    };
    rows.sort_by_key(|row| (time(row), row["id"].as_str().unwrap().to_owned()));
    let field = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    let found: HashMap<String, String> = {
        let items = rows.iter().map(|row| {
            let mut item = call(0, &field(row, "title"), &field(row, "body"));
            item.at = time(row);
            item
        });
        join(items)
            .into_iter()
            .zip(&rows)
            .map(|(incident, row)| (field(row, "id"), incident.to_string()))
            .collect()
    };
    let gold = load_incidents(&here.join("tests/data/incidents.tsv")).unwrap();
    let unsettled = load_ids(&here.join("tests/data/incidents-unsettled.tsv")).unwrap();
    let measured = measure(&found, &gold, &unsettled);
    println!(
        "best match {:.3} over {} incidents, largest {:.2} %",
        measured.best_match,
        measured.incidents.len(),
        measured.largest * 100.0
    );
    assert!(measured.best_match >= 0.92, "{}", measured.best_match);
    assert!(measured.largest <= 0.03, "{}", measured.largest);
}

#[test]
fn a_signature_is_the_same_whether_the_text_was_cut_once_or_twice() {
    let long = "望海花园三期停水三天，请尽快恢复供水。".repeat(150);
    for body in ["", "石浦镇望海花园三期停水三天，请尽快恢复供水。", &long] {
        let input = Input { title: "望海花园停水", body, channel: Channel::Hotline };
        let (verdict, signature) = CLASSIFIER.judge_and_sign(&input);
        assert_eq!(verdict, CLASSIFIER.judge(&input));
        assert_eq!(signature, CLASSIFIER.signature(&input, &verdict));
    }
}
