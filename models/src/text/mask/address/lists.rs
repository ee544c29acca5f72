//! The characters and words that stand around the numbers of houses, and around those that are none.

use super::super::word_list::Words;

/// Where a house number follows whatever the number. 街道 and 铁路 are not in it for their last character.
pub(super) const ROADS: &[char] = &['路', '街', '巷', '弄', '村', '衖', '苑', '墅', '邸', '庄', '岙', '园'];
/// The last characters of hamlets.
pub(super) const HAMLETS: &[char] = &[
    '屯', '寨', '堡', '沟', '坝', '坪', '湾', '塘', '冲', '岭', '坡', '埭', '浜', '墩', '圩', '营', '窑',
    '坊', '坳', '垸', '塬', '畈', '垅', '垄', '峪', '洼', '浦', '宅', '厝', '坑', '坞', '郢', '集', '组',
];
/// The last characters of what one may say for where a house stands: 桥头, 南门外, 粮站对面.
pub(super) const PLACES: &[char] = &[
    '头', '口', '外', '边', '前', '后', '关', '角', '旁', '面', '庙', '观', '河', '桥', '镇', '区', '院',
    '楼', '店', '里', '场', '门', '居', '城', '府', '庭', '郡', '轩', '阁', '寓', '岸', '山', '州', '湖',
    '江', '溪', '条', '段', '组', '壁', '井', '田', '池', '洋', '港', '亭', '埠', '寺', '堂', '市', '舍',
    '尾',
];
/// What a house number follows besides: roads of two characters, and words for where one lives.
pub(super) static DWELLINGS: Words = Words::of(&[
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
pub(super) const DAYS: &[char] = &[
    '开', '之', '结', '办', '装', '回', '搬', '来', '去', '就', '停', '漏', '修', '到', '又', '还', '交',
    '发', '走', '断', '说', '下', '没', '打', '报', '左',
];
pub(super) static OPENINGS: Words =
    Words::of(&["开工", "开始", "开业", "开会", "开通", "开庭", "开放", "开学"]);
/// What follows a number after a road when it counts something else: a line, a gate, a day.
pub(super) const NOT_A_HOUSE: &[char] = &[
    '线', '口', '门', '桥', '井', '机', '点', '站', '台', '杆', '灯', '坑', '塘', '闸', '隧', '仓', '码',
    '泵', '文', '令', '公', '通', '车', '地', '上', '下', '晚', '早', '凌', '中', '当', '起', '前', '后',
    '选', '房', '桩', '球', '路', '电', '摄', '变', '充', '岗', '大', '停', '窗', '厅', '弯', '馆', '库',
    '主', '风', '炉', '渡', '坝', '航', '床', '场', '考',
];
/// What is no gate or day though it begins so: the door of a house, and a room of it.
pub(super) static HOUSE_AFTER_ALL: Words = Words::of(&[
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
pub(super) static SHOPS: Words = Words::of(&["门面", "铺面", "店面", "商铺", "店铺", "门店"]);
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
pub(super) static HOW_MANY: Words = Words::of(&[
    "全体", "所有", "部分", "一个", "一位", "一名", "一些", "多名", "多位", "几户", "几位", "很多", "不少",
    "某", "有",
]);
/// What stands before where somebody lives, besides 住.
pub(super) static HOMES: Words = Words::of(&[
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
pub(super) const HOLDING: &[char] = &[
    '停', '拦', '抓', '堵', '保', '记', '不', '止', '挡', '盖', '按', '站', '卡', '困', '拉', '遮', '捂',
    '压', '扣', '锁',
];
pub(super) const NO_HOME: &[char] = &['院', '建', '房', '宿', '户', '宅', '持'];
/// Institutions, whose numbers are public.
pub(super) static OFFICES: Words = Words::of(&[
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
pub(super) static NEAR: Words = Words::of(&[
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
pub(super) static OFFICE_ROOMS: Words = Words::of(&[
    "办公", "会议", "教室", "病房", "病床", "窗口", "诊室", "大厅", "展厅", "车间", "床", "阅览", "接待",
    "法庭", "考场",
]);
