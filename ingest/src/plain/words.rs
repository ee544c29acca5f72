//! Single words that stand in the holes of sentences.

/// The parts of a rule for a list page, as its form names them.
pub(super) const PAGE_PARTS: &[(&str, &str)] =
    &[("item", "每一条"), ("title", "标题"), ("link", "链接"), ("date", "日期"), ("body", "正文")];

/// The parts of a rule for an interface, as its form names them.
pub(super) const PULL_PARTS: &[(&str, &str)] = &[
    ("item", "每一条"),
    ("records", "所有记录"),
    ("id", "编号"),
    ("title", "标题"),
    ("body", "内容"),
    ("url", "链接"),
    ("occurred", "发生或发布时间"),
    ("dispatched", "派单时间"),
    ("due", "办结截止时间"),
    ("state", "状态"),
    ("person_name", "姓名"),
    ("person_phone", "电话"),
    ("paging.next", "下一页标记的路径"),
    ("paging.parameter", "地址里的参数名"),
    ("secret_header", "放口令的请求头"),
];

/// Files that are no sheets.
pub(super) const FILES: &[(&str, &str)] = &[
    ("a binary file", "二进制文件"),
    ("a web page or XML document", "网页或 XML 文件"),
    ("a PNG picture", "PNG 图片"),
    ("a JPEG picture", "JPEG 图片"),
    ("a GIF picture", "GIF 图片"),
    ("a BMP picture", "BMP 图片"),
    ("a PDF document", "PDF 文件"),
    ("a RAR archive", "RAR 压缩包"),
    ("a 7z archive", "7z 压缩包"),
    ("a gzip archive", "gzip 压缩包"),
    ("a sound or video file", "音频或视频文件"),
    ("a sound file", "音频文件"),
    ("a database", "数据库文件"),
    ("a program", "程序文件"),
    ("a Word document", "Word 文档"),
    ("a PowerPoint presentation", "PowerPoint 演示文稿"),
    ("an OpenDocument text", "OpenDocument 文档"),
    ("an OpenDocument presentation", "OpenDocument 演示文稿"),
    ("an OpenDocument drawing", "OpenDocument 绘图"),
    ("an e-book", "电子书"),
    ("an Outlook message", "Outlook 邮件"),
    ("an old Office document or installer", "旧版 Office 文件或安装包"),
];
