//! The kinds of sources as an administrator chooses among them.

use qingting_models::records::SourceKind;

/// A kind with what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindView {
    pub code: &'static str,
    pub label: &'static str,
    pub what: &'static str,
}

/// The kinds in the order in which most counties need them.
pub(super) fn all() -> Vec<KindView> {
    use SourceKind as K;
    [K::Feed, K::Page, K::Sheet, K::Folder, K::Push, K::Pull, K::Open311].map(view).to_vec()
}

fn view(kind: SourceKind) -> KindView {
    KindView { code: kind.code(), label: kind.label(), what: what(kind) }
}

/// What a kind is for, in one sentence.
pub(super) fn what(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Feed => "网站有 RSS 一类的订阅地址，程序定时去读；只知道网页地址也行，程序会替您找。",
        SourceKind::Page => "网站没有订阅地址，但有新闻、公告的列表页；告诉程序哪一块是一条，它定时去读。",
        SourceKind::Sheet => "热线、投诉平台导出的 Excel、CSV 等表格，由您在页面上传。",
        SourceKind::Folder => "服务器上的一个文件夹，有人把表格放进去，程序就自动读入，读完移走。",
        SourceKind::Push => "对方系统一有新信息就主动发过来；您把地址和令牌交给对方技术人员。",
        SourceKind::Pull => "对方系统提供 JSON 接口，程序定时去取；需要对方的接口说明。",
        SourceKind::Open311 => "对方平台采用 Open311 标准（GeoReport v2），填它的服务器地址就行。",
    }
}

/// Whether a source of this kind can be tried before it is saved: those that are asked over the network.
pub(super) fn can_be_tried(kind: SourceKind) -> bool {
    kind.has_url()
}
