//! What stands around a number and tells an address from a place of trouble, a day or a count.

use super::super::page::{Page, WALL, is_han};
use super::super::word_list::Words;

/// Where a house number follows whatever the number. 街道 and 铁路 are not in it for their last character.
const ROADS: &[char] = &['路', '街', '巷', '弄', '村', '衖', '苑', '墅', '邸', '庄', '岙', '园'];
/// The last characters of hamlets.
const HAMLETS: &[char] = &[
    '屯', '寨', '堡', '沟', '坝', '坪', '湾', '塘', '冲', '岭', '坡', '埭', '浜', '墩', '圩', '营', '窑',
    '坊', '坳', '垸', '塬', '畈', '垅', '垄', '峪', '洼', '浦', '宅', '厝', '坑', '坞', '郢', '集', '组',
];
/// The last characters of what one may say for where a house stands: 桥头, 南门外, 粮站对面.
const PLACES: &[char] = &[
    '头', '口', '外', '边', '前', '后', '关', '角', '旁', '面', '庙', '观', '河', '桥', '镇', '区', '院',
    '楼', '店', '里', '场', '门', '居', '城', '府', '庭', '郡', '轩', '阁', '寓', '岸', '山', '州', '湖',
    '江', '溪', '条', '段', '组', '壁', '井', '田', '池', '洋', '港', '亭', '埠', '寺', '堂', '市', '舍',
    '尾',
];
/// What a house number follows besides: roads of two characters, and words for where one lives.
static DWELLINGS: Words = Words::of(&[
    "大道",
    "胡同",
    "东段",
    "西段",
    "南段",
    "北段",
    "中段",
    "家住",
    "住",
    "门牌",
    "门牌号",
    "门牌号是",
    "门牌是",
    "店面",
    "家门口",
    "我家",
    "地址",
    "村口",
    "地址是",
    "隔壁",
    "家是",
    "就在",
    "住在",
    "小区",
    "新村",
    "公寓",
    "花园",
    "家园",
    "铺子",
    "屋里",
    "门面",
    "门面房",
    "商铺",
    "铺面",
    "店铺",
    "排屋",
    "别墅",
    "环路",
    "邻居",
    "大院",
    "二环",
    "三环",
    "对门",
]);
/// What follows 号 when it is a day.
const DAYS: &[char] = &[
    '开', '之', '结', '办', '装', '回', '搬', '来', '去', '就', '停', '漏', '修', '到', '又', '还', '交',
    '发', '走', '断', '说', '下', '没', '打', '报', '左',
];
static OPENINGS: Words = Words::of(&["开工", "开始", "开业", "开会", "开通", "开庭", "开放", "开学"]);
/// What follows a number after a road when it counts something else: a line, a gate, a day.
pub(super) const NOT_A_HOUSE: &[char] = &[
    '线', '口', '门', '桥', '井', '机', '点', '站', '台', '杆', '灯', '坑', '塘', '闸', '隧', '仓', '码',
    '泵', '文', '令', '公', '通', '车', '地', '上', '下', '晚', '早', '凌', '中', '当', '起', '前', '后',
    '选', '房', '桩', '球', '路', '电', '摄', '变', '充', '岗', '大', '停', '窗', '厅', '弯', '馆', '库',
    '主', '风', '炉', '渡', '坝', '航', '床', '场', '考',
];
/// What is no gate or day though it begins so: the door of a house, and a room of it.
static HOUSE_AFTER_ALL: Words = Words::of(&[
    "门口",
    "门前",
    "门面",
    "门店",
    "房子",
    "房屋",
    "房东",
    "楼上",
    "楼下",
    "公寓",
    "大门口",
    "地下室",
    "后面",
    "前面",
    "后门",
    "大厦",
    "主人",
    "车库",
]);
/// What follows a count after a building: 12栋502户, 3幢2019年.
pub(super) const COUNTED: &[char] = &[
    '户', '平', '米', '元', '人', '年', '月', '日', '个', '名', '万', '亿', '千', '百', '余', '多', '岁',
    '块', '斤', '吨', '公', '里', '套', '间', '辆', '台', '株', '亩', '次', '条', '件', '瓦', '度', '℃', '%',
    '㎡', '号', '路', '急', '层', '栋', '幢', '天', '小', '分', '点', '周', '位', '毫', '厘', '升', '克',
    '步', '期', '伏', '款', '型', '班', '版', '国', '省',
];
/// What makes any number that of a shop.
static SHOPS: Words = Words::of(&["门面", "铺面", "店面", "商铺", "店铺", "门店"]);
/// Those who live somewhere.
pub(super) static PEOPLE: Words = Words::of(&[
    "业主",
    "住户",
    "居民",
    "户主",
    "房主",
    "房东",
    "租户",
    "租客",
    "邻居",
    "人家",
    "那户",
    "那家",
    "这户",
    "这家",
    "一户",
    "一家",
    "老人",
    "村民",
    "老太",
    "大爷",
    "大妈",
    "阿姨",
    "奶奶",
    "爷爷",
    "独居",
    "老两口",
    "老伯",
    "大叔",
    "家里",
]);
/// What may stand between a building and its people.
static HOW_MANY: Words = Words::of(&[
    "全体", "所有", "部分", "一个", "一位", "一名", "一些", "多名", "多位", "几户", "几位", "很多", "不少",
    "某", "有",
]);
/// What stands before where somebody lives, besides 住.
static HOMES: Words = Words::of(&[
    "屋里在",
    "家在",
    "家是",
    "我家",
    "他家",
    "她家",
    "们家",
    "夫家",
    "娘家",
    "婆家",
    "老家",
    "奶家",
    "妈家",
    "爸家",
    "婆家",
    "地址",
    "住址",
    "户口",
    "户籍",
    "房号",
    "租",
    "搬",
    "购",
    "买",
    "送到",
    "寄到",
    "寄",
    "收货",
    "快递到",
    "房子",
    "老屋",
    "这里是",
    "门牌",
    "家门口",
    "我的房",
]);
/// Words that end in 住 and mean holding, and that begin with it and mean no home.
const HOLDING: &[char] = &[
    '停', '拦', '抓', '堵', '保', '记', '不', '止', '挡', '盖', '按', '站', '卡', '困', '拉', '遮', '捂',
    '压', '扣', '锁',
];
const NO_HOME: &[char] = &['院', '建', '房', '宿', '户', '宅', '持'];
/// Institutions, whose numbers are public.
static OFFICES: Words = Words::of(&[
    "政务中心",
    "服务中心",
    "行政中心",
    "政府",
    "医院",
    "卫生院",
    "卫生室",
    "中学",
    "小学",
    "学校",
    "大学",
    "学院",
    "一中",
    "二中",
    "三中",
    "派出所",
    "法院",
    "检察院",
    "公安局",
    "税务局",
    "教育局",
    "人社局",
    "社保局",
    "民政局",
    "管理局",
    "信访局",
    "住建局",
    "服务大厅",
    "办事大厅",
    "街道办",
    "居委会",
    "村委会",
    "图书馆",
    "体育馆",
    "车站",
    "接待中心",
    "综合楼",
    "办公楼",
    "行政楼",
    "教学楼",
    "住院部",
    "门诊",
    "政府大院",
    "县委大院",
    "机关",
    "大队",
    "交警队",
    "会展中心",
    "文化馆",
    "监管局",
    "资源局",
    "管理所",
    "工作站",
]);
/// What makes of an institution only the neighbour of a home.
static NEAR: Words = Words::of(&[
    "对面",
    "旁",
    "附近",
    "隔壁",
    "家属",
    "宿舍",
    "后面",
    "前面",
    "门口",
    "东边",
    "西边",
    "背后",
    "斜对",
    "教师楼",
]);
/// What is in a room of an institution.
static OFFICE_ROOMS: Words = Words::of(&[
    "办公", "会议", "教室", "病房", "病床", "窗口", "诊室", "大厅", "展厅", "车间", "床", "阅览", "接待",
    "法庭", "考场",
]);

/// Whether what stands before a number leads to a house of any number.
pub(super) fn leads_to_house(page: &Page, start: usize) -> bool {
    let before = page.before(start);
    let road = before == '道'
        && !page.ends_with_any(
            start,
            &[
                "街道", "通道", "隧道", "车道", "轨道", "行道", "频道", "楼道", "村道", "县道", "省道",
                "国道", "渠道", "管道",
            ],
        );
    let named = ROADS.contains(&before) || HAMLETS.contains(&before) || road;
    named && !page.ends_with_any(start, &["农村", "公园", "铁路", "公路"]) || is_dwelling(page, start)
}

fn is_dwelling(page: &Page, start: usize) -> bool {
    page.ends_with_any(start, &DWELLINGS) || after_kin(page, start)
}

/// Whether what stands before a number is a road in the narrow sense, which no day follows.
pub(super) fn is_road(page: &Page, start: usize) -> bool {
    ROADS.contains(&page.before(start)) || page.ends_with_any(start, &["大道"])
}

/// 邻居家19号: the house of one whose name stands masked, or of a kind of neighbour.
fn after_kin(page: &Page, start: usize) -> bool {
    page.before(start) == '家' && start >= 2 && {
        let owner = page.at(start - 2);
        owner == WALL || matches!(owner, '我' | '他' | '她' | '居' | '壁')
    }
}

/// Whether a lone house number, whose number is `start..number_end`, is the number of a house.
pub(super) fn is_house(page: &Page, start: usize, number_end: usize, end: usize) -> bool {
    let next = page.at(end);
    let gate = end == start + 2 && matches!(page.before(start), '园' | '苑' | '区') && page.has(end, "门口");
    let house = page.has_any(end, &HOUSE_AFTER_ALL) && !gate || is_road_side(page, start, end);
    if NOT_A_HOUSE.contains(&next) && !house || is_office(page, start, end) {
        return false;
    }
    let day = could_be_day(page, start, number_end) && end == number_end + 1;
    let opens = DAYS.contains(&next) && !is_road(page, start) || page.has_any(end, &OPENINGS);
    let place = is_han(page.before(start)) && !is_function(page.before(start));
    let people = place && people_follow(page, end);
    if page.has_any(end, &SHOPS) || people {
        return true;
    }
    if day && opens {
        return false;
    }
    let named = PLACES.contains(&page.before(start));
    let told = page.has_any(end, &["门前", "房子", "的房", "民房", "平房", "老屋", "自建"])
        || named && page.has_any(end, &["的店", "旅馆", "饭店", "超市", "理发", "餐馆", "人家"]);
    leads_to_house(page, start) || place && (told || lives_before(page, start)) || named && !day
}

/// 中山路18号前面: before and behind a house of a road.
fn is_road_side(page: &Page, start: usize, end: usize) -> bool {
    is_road(page, start) && matches!(page.at(end), '前' | '后')
}

/// Whether a number could be the day of a month.
fn could_be_day(page: &Page, start: usize, end: usize) -> bool {
    let first = page.at(start);
    match end - start {
        1 => first.is_ascii_digit() || super::parts::spelled(first),
        2 if first.is_ascii_digit() => {
            matches!((first, page.at(start + 1)), ('0'..='2', '0'..='9') | ('3', '0' | '1'))
        }
        _ => (start..end).all(|i| super::parts::spelled(page.at(i))) && page.at(start) != '甲',
    }
}

/// Characters before a number that say when or how many, not where.
fn is_function(c: char) -> bool {
    matches!(
        c,
        '的' | '了'
            | '在'
            | '是'
            | '到'
            | '从'
            | '至'
            | '于'
            | '和'
            | '与'
            | '有'
            | '就'
            | '把'
            | '被'
            | '给'
            | '为'
            | '要'
            | '月'
            | '日'
            | '天'
            | '年'
            | '早'
            | '晚'
            | '自'
            | '等'
            | '因'
            | '将'
            | '这'
            | '那'
            | '共'
            | '约'
            | '近'
            | '第'
            | '期'
            | '周'
            | '定'
            | '说'
            | '院'
            | '午'
            | '我'
            | '你'
            | '他'
            | '她'
            | '款'
            | '费'
            | '号'
            | '单'
            | '件'
    )
}

/// Whether words for living somewhere stand before a number, in its clause.
pub(super) fn lives_before(page: &Page, start: usize) -> bool {
    const REACH: usize = 18;
    let clause =
        |i: &usize| is_han(page.at(*i)) || matches!(page.at(*i), ':' | ' ' | '(' | '0'..='9' | 'a'..='z');
    (start.saturating_sub(REACH)..start)
        .rev()
        .take_while(clause)
        .any(|i| page.at(i) == '住' && is_living(page, i) || page.has_any(i, &HOMES))
}

fn is_living(page: &Page, at: usize) -> bool {
    !HOLDING.contains(&page.before(at)) && !NO_HOME.contains(&page.at(at + 1))
}

/// Whether those who live there are named right after.
pub(super) fn people_follow(page: &Page, end: usize) -> bool {
    let mut at = end + usize::from(page.at(end) == ' ');
    at += usize::from(page.at(at) == '的');
    let some = page.first_of(at, &HOW_MANY).map_or(0, |word| word.chars().count());
    if page.has_any(at + some, &PEOPLE) || page.at(end) == '住' && is_living(page, end) {
        return true;
    }
    // 18幢的李女士
    let titles = &["女士", "先生", "大爷", "阿姨", "大妈"];
    at > end && (at + 1..at + 4).any(|i| page.has_any(i, titles)) && is_han(page.at(at))
}

/// 一栋 where it counts: 整个一栋, 前面一栋, and not 小区一栋.
pub(super) fn counts_one(page: &Page, start: usize, end: usize) -> bool {
    let before = page.before(start);
    let vague = !is_han(before)
        || is_function(before)
        || matches!(before, '面' | '边' | '个' | '前' | '后' | '同' | '每' | '整');
    end - start == 1 && matches!(page.at(start), '一' | '二' | '三') && vague
}

/// Whether the text says that somebody lives in what stands between `start` and `end`.
pub(super) fn is_lived_in(page: &Page, start: usize, end: usize) -> bool {
    people_follow(page, end) || lives_before(page, start) || one_is_of(page, start, end)
}

/// 我是18幢的
fn one_is_of(page: &Page, start: usize, end: usize) -> bool {
    const REACH: usize = 14;
    let ends = page.at(end) == '的' && !is_han(page.at(end + 1));
    ends && (start.saturating_sub(REACH)..start)
        .rev()
        .take_while(|&i| is_han(page.at(i)))
        .any(|i| page.has_any(i, &["我是", "们是", "本人是", "他是", "她是"]))
}

/// Whether a number belongs to an institution that stands right before or after it.
pub(super) fn is_office(page: &Page, start: usize, end: usize) -> bool {
    const REACH: usize = 10;
    if page.has_any(end, &OFFICE_ROOMS) || page.ends_with_any(start, &OFFICES) {
        return true;
    }
    let mut at = end;
    while at < end + REACH && is_han(page.at(at)) {
        if let Some(office) = page.first_of(at, &OFFICES) {
            return !page.has_any(at + office.chars().count(), &NEAR);
        }
        if page.has_any(at, &NEAR) || page.has_any(at, &PEOPLE) || page.at(at) == '的' {
            return false;
        }
        at += 1;
    }
    // 县医院位于健康路8号
    (start.saturating_sub(REACH)..start).rev().take_while(|&i| is_han(page.at(i))).any(|i| {
        page.has_any(i, &["位于", "地址", "搬到", "搬至", "迁至", "设在", "在"])
            && page.ends_with_any(i, &OFFICES)
    })
}

/// 石佛寺镇郭德元村9组, as an address is written out and ends.
pub(super) fn is_written_out(page: &Page, start: usize, end: usize) -> bool {
    const REACH: usize = 8;
    !is_han(page.at(end))
        && page.before(start) == '村'
        && (start.saturating_sub(REACH)..start)
            .rev()
            .take_while(|&i| is_han(page.at(i)))
            .any(|i| matches!(page.at(i), '镇' | '乡' | '县') || page.has(i, "街道"))
}
