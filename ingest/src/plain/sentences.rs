//! What goes wrong with sources, in English and in Chinese.

/// English with holes `{}`, and Chinese that names the holes by number, with a word before it where the hole is to
/// be told in Chinese as well: see `hole_words` in the file above. The first that fits is taken, so the special stand before the
/// general.
pub(super) const SENTENCES: &[(&str, &str)] = &[
    // Fetching.
    (
        "\"{}\" is no web address: {}; allowed: http://... and https://...",
        "“{0}”不是网页地址，应以 http:// 或 https:// 开头。",
    ),
    (
        "{} lies on a private network; fetching from it is refused unless {}",
        "{0} 位于内部网络，没有读取；确需读取时，请在该来源填写“允许的内网主机”（命令行用 --allow-host）。",
    ),
    (
        "{} lies on a private network ({}); fetching from it is refused unless {}",
        "{0} 位于内部网络（{1}），没有读取；确需读取时，请在该来源填写“允许的内网主机”（命令行用 --allow-host）。",
    ),
    (
        "{} is the name of a local network; asking a proxy for it is refused unless {}",
        "{0} 是内部网络的名称，没有通过代理读取；确需读取时，请在该来源填写“允许的内网主机”（命令行用 --allow-host）。",
    ),
    (
        "{} lies outside the house's own network ({}); allowed: {}",
        "{0} 不在单位内部网络（{1}），没有连接；只允许本机和内网地址。",
    ),
    (
        "{} lies outside the house's own network; allowed: {}",
        "{0} 不是单位内部网络的地址，没有连接；只允许本机和内网地址。",
    ),
    (
        "no safe connection to {}: its certificate is signed by an authority unknown here {}",
        "{0} 的证书由本系统不认识的机构签发，没有读取；自建机构的证书请填入设置文件 [http] 的 ca_file。",
    ),
    ("no safe connection to {}: its certificate has expired", "{0} 的证书已经过期，没有读取。"),
    (
        "no safe connection to {}: its certificate is not valid yet",
        "{0} 的证书尚未生效，没有读取；请核对本机时间。",
    ),
    (
        "no safe connection to {}: its certificate is for another name",
        "{0} 的证书是发给别的域名的，没有读取。",
    ),
    ("no safe connection to {}: {}", "与 {0} 无法建立安全连接（证书或加密协议有问题），没有读取。"),
    (
        "the proxy {} did not lead to {}: {}",
        "代理 {0} 连不上，或不让访问 {1}；请检查设置文件 [http] 的 proxy。",
    ),
    ("no address is known for the host {}; check {}", "找不到主机 {0}，请检查拼写或域名服务器。"),
    ("could not connect to {}: {}", "连不上 {0}，对方可能停用或拒绝访问。"),
    ("\"{}\" is no header that can be sent: {}", "请求头“{0}”无法发送，名称或内容含有不允许的字符。"),
    ("{} did not answer in time: no connection ({} s)", "{1} 秒内连不上 {0}，稍后会再试。"),
    (
        "{} did not answer in time: no beginning of an answer ({} s)",
        "{0} 接通了，但 {1} 秒内没有应答，稍后会再试。",
    ),
    (
        "{} did not answer in time: it stopped sending in the middle ({} s)",
        "{0} 发到一半停了 {1} 秒，稍后会再试。",
    ),
    (
        "{} did not answer in time: the whole answer took too long ({} s)",
        "{0} 发送太慢，{1} 秒内没有发完，稍后会再试。",
    ),
    ("other requests to {} were still running; {}", "对 {0} 的其他读取还没有结束，稍后会再试。"),
    (
        "{} answered with HTTP status {} (unchanged, though nothing was known of it)",
        "{0} 回答“没有变化”（{1}），但本系统从未读到过内容。",
    ),
    ("{} answered with HTTP status {} (access denied)", "{0} 拒绝访问（{1}）。"),
    (
        "{} answered with HTTP status {} (the proxy asks for a password)",
        "读取 {0} 时代理要求口令（{1}）；请在设置文件 [http] 的 proxy 中写明。",
    ),
    ("{} answered with HTTP status {} (not found; {})", "{0} 上没有这个地址（{1}），可能已经更换。"),
    ("{} answered with HTTP status {} (gone for good)", "{0} 上的这个地址已经取消（{1}）。"),
    (
        "{} answered with HTTP status {} (asked to come less often)",
        "{0} 要求降低访问频率（{1}），稍后会再试。",
    ),
    ("{} answered with HTTP status {} (a fault on their side)", "{0} 的服务器出错（{1}），稍后会再试。"),
    ("{} answered with HTTP status {}", "{0} 应答异常（{1}）。"),
    ("the head of the answer is larger than {} KB", "应答的头部超过 {0} KB，不像正常的网站。"),
    ("the answer is larger than {} MB", "内容超过 {0} MB，不像订阅源。"),
    (
        "the answer unpacks to more than {} times its size, {}",
        "压缩的内容解开后超过原来的 {0} 倍，像是有害文件，没有读取。",
    ),
    ("more than {} redirects", "地址反复跳转（超过 {0} 次），无法读取。"),
    ("the redirects go in a circle: {}", "地址之间循环跳转，无法读取：{0}"),
    ("the answer of {} broke off: {}", "{0} 没有发完就断开了，稍后会再试。"),
    ("the answer could not be read: {}", "应答读不出来（压缩损坏，或对方不是网站），稍后会再试。"),
    (
        "robots.txt of {} forbids {} to be read by programs",
        "{0} 在 robots.txt 中声明不让程序读取 {1}，没有读取。",
    ),
    (
        "robots.txt of {} could not be read, so that its pages are left alone for now: {}",
        "读不到 {0} 的 robots.txt，不知道是否允许读取，暂不读取其网页；稍后会再试。",
    ),
    ("the HTTP client could not be set up: {}", "本系统的网络组件无法启动，请联系管理员查看日志。"),
    ("the answer is empty", "地址可以打开，但没有内容。"),
    ("the answer is {}, not a feed; {}", "地址可以打开，但不是订阅源；需要 RSS、Atom 或 JSON Feed 的地址。"),
    ("the feed is damaged: {}", "订阅源内容损坏，读不出条目。"),
    ("the source {} has no address to fetch from", "来源“{0}”没有填写地址。"),
    ("reading was stopped", "读取被中止，稍后会再试。"),
    // List pages, articles and interfaces.
    (
        "the selector \"{}\" for \"{}\" matched nothing {}; the page has {} elements; {}",
        "选择器“{0}”（{page:1}）在页面上什么也没有匹配到，页面可能已经改版；请按现在的页面重新填写选择器。",
    ),
    (
        "none of {} entries has a {} that was found without a selector of its own; {}",
        "选中的 {0} 条里，都没有自动找到{page:1}，页面可能已经改版；请看“每一条”选得对不对，或给这一项填一个选择器。",
    ),
    (
        "the selector \"{}\" for \"item\" matched {} elements; allowed: at most {}",
        "选择器“{0}”匹配到 {1} 个元素，超过上限 {2}；请写得更具体。",
    ),
    (
        "the entries were read, but the selector \"{}\" for \"date\" {}",
        "条目已读入，但日期选择器“{0}”没有得到任何能读懂的日期，请检查。",
    ),
    (
        "the entries were read, but none of their articles: robots.txt of {} forbids {} to be read by programs",
        "条目已读入，但 {0} 在 robots.txt 中声明不让程序读取正文页，只保留了标题和摘要。",
    ),
    (
        "the entries were read, but none of their articles: {}",
        "条目已读入，但正文都没有读到（{told:0}）请检查正文选择器。",
    ),
    (
        "the selector \"{}\" for \"date\" brought no date that can be read in any entry",
        "日期选择器“{0}”没有得到任何能读懂的日期，读入的条目会没有时间；请检查，或不填让程序自己找。",
    ),
    (
        "{} of {} entries have no date that can be read; no start date holds them back",
        "{1} 条里有 {0} 条没有读到日期，会当作新的读入，不受“起始日期”限制。",
    ),
    ("{} of {} entries have no title and are left out", "{1} 条里有 {0} 条没有标题，不会读入。"),
    (
        "the selector \"{}\" for \"body\" matched nothing on the article's page",
        "正文选择器“{0}”在文章页上什么也没有匹配到。",
    ),
    ("no text of an article was found on the page", "文章页上没有找到正文。"),
    ("it is no web page", "这个链接打开的不是网页。"),
    ("the page does not exist", "这个网页已经不在了。"),
    ("the page has not changed", "对方回答“没有变化”，没有给出内容。"),
    ("the article {} could not be read: {}", "第一篇文章（{0}）的正文没有读到：{told:1}"),
    ("entry {}: {}", "第 {0} 条不会读入：{told:1}"),
    ("record {}: {}", "第 {0} 条不会读入：{told:1}"),
    ("request {}: {}", "第 {0} 条不会读入：{told:1}"),
    ("the page is empty", "页面没有内容。"),
    ("the page is larger than {} MB of text", "页面超过 {0} MB，无法按网页读取。"),
    ("the page nests more than {} elements", "页面嵌套太深（超过 {0} 层），无法按网页读取。"),
    ("the rule has no \"{}\"; {}", "规则缺少“{part:0}”这一项。"),
    (
        "\"{}\" for \"{}\" is no CSS selector: {}; allowed: {}",
        "“{0}”（{page:1}）不是 CSS 选择器；应写成 ul.news > li 这样的形式。",
    ),
    (
        "\"{}\" for \"{}\" is no JSONPath: {}; allowed: {}",
        "“{0}”（{part:1}）不是 JSONPath；应写成 $.data.rows[*] 或 $.id 这样的形式。",
    ),
    ("\"{}\" for \"{}\" cannot be used: {}", "“{0}”（{part:1}）不能使用，请检查写法。"),
    ("the answer is no JSON: {}", "接口返回的不是 JSON，可能是登录页或出错页。"),
    (
        "the path \"{}\" finds no records in the answer, which {}",
        "按路径“{0}”在接口返回的内容里找不到记录；请检查路径，或接口是否报错。",
    ),
    (
        "{} records were found by the rule, but none could be taken in: {}",
        "按规则找到 {0} 条记录，但一条也不能读入（第一条：{place:1}）请核对标题、内容、编号和时间的路径。",
    ),
    ("the Open311 server refused: {}", "Open311 服务器拒绝了请求：{0}"),
    ("the answer is no list of service requests; {}", "接口返回的不是 Open311 的诉求列表，请检查地址。"),
    (
        "the interface leads in a circle: {} was given before; {}",
        "接口的翻页绕回了读过的一页；在此之前的内容已读入，请检查翻页规则。",
    ),
    ("the source {} has no rule for reading a {}; save one with it", "来源“{0}”还没有填写读取规则。"),
    ("the source {} is of the kind {}, which is not fetched", "来源“{0}”不是由本系统主动读取的种类。"),
    (
        "the source {} needs a secret for the header {}; save one with it",
        "来源“{0}”的接口需要密钥（请求头 {1}），请先保存密钥。",
    ),
    ("the record has no id there; {}", "这条记录在规定的位置没有编号；没有编号就分不清是更新还是新记录。"),
    ("the record is no JSON object", "这条记录不是 JSON 对象。"),
    (
        "the record has neither a title nor a text; one of them is needed",
        "这条记录没有标题，也没有正文；至少要有一样。",
    ),
    ("the service request has neither an id nor a token", "这条诉求没有编号，也没有受理凭据。"),
    // Entries of feeds.
    (
        "the entry has neither a title nor a text; one of them is needed",
        "这一条没有标题，也没有正文；至少要有一样。",
    ),
    ("the entry is cut off before its end", "这一条没有写完就断了。"),
    ("the entry has no content", "这一条没有内容。"),
    ("the item is no JSON object", "这一条不是 JSON 对象。"),
    // Sheets.
    ("is empty; a sheet with a header row and rows below it is needed", "文件是空的；需要有表头行和数据行。"),
    (
        "is {}, not a sheet; allowed: {}",
        "这不是表格文件（{file:0}）；可用的格式：CSV、TSV、XLSX、XLS、ODS、JSON 行。",
    ),
    (
        "is protected by a password; save it without one, or as CSV",
        "文件有密码保护；请去掉密码，或另存为 CSV。",
    ),
    (
        "is one JSON document; JSON lines, one object a line, are needed",
        "这是一个 JSON 文档；需要每行一个对象的 JSONL。",
    ),
    (
        "is damaged or no {} file: {}",
        "文件已损坏，或不是 {0} 文件。请用办公软件打开后另存一份；打不开的，请发送方重新导出。",
    ),
    (
        "no header row found in the first {} filled rows; seen: {}; needed: {}",
        "前 {0} 行里没有找到表头；看到的是：{1}。需要有“诉求内容”或“标题”这样的列，或者为该来源填写“列的对照”。",
    ),
    (
        "the column map names \"{}\" for {}, but no row has all its headers; seen: {}",
        "列的对照里的“{0}”（{meaning:1}）在表头中没有找到；看到的是：{2}。",
    ),
    (
        "the columns in row {} are guessed with confidence {} of 1, and under {} a person must confirm; nothing is known of the columns {}: if one of them is the number or the time, name it in the map before the first import; correct this column map and import with it:\n{}",
        "第 {0} 行像是表头，但把握只有 {1}（低于 {2} 需要人工确认）。这些列还不知道是什么：{3}；其中有编号（external_id）或派单时间（dispatched）的，第一次导入前就要写进对照，以后再补，记录会重复。请核对下面的对照，填进该来源的“列的对照”（命令行用 --map 给出）后再放入：\n{4}",
    ),
    (
        "the columns in row {} are guessed with confidence {} of 1, and under {} a person must confirm; correct this column map and import with it:\n{}",
        "第 {0} 行像是表头，但把握只有 {1}（低于 {2} 需要人工确认）。请核对下面的对照，填进该来源的“列的对照”（命令行用 --map 给出）后再放入：\n{3}",
    ),
    ("the line is longer than a megabyte", "这一行超过 1 MB。"),
    // Rows that are read again.
    ("the row still cannot be read, column {}: {}", "还是读不了：“{0}”{told:1}"),
    ("the row still cannot be read: {}", "还是读不了：{told:0}"),
    (
        "something else was stored of this record since the row came, so that the row may be the older: replay it over that, or dismiss it",
        "这条信息后来又送来过，已收下的可能更新：要用这一行覆盖，重放时加 --over；不要的，请忽略。",
    ),
    ("the row was dealt with already: read", "这一行已经读进来了。"),
    ("the row was dealt with already: dismissed", "这一行已经忽略了。"),
    ("its source was removed: the row can only be dismissed", "来源已经移除，这一行只能忽略。"),
    // Folders.
    (
        "the source {} has no folder; set one with an absolute path",
        "来源“{0}”没有设置文件夹；请填写绝对路径。",
    ),
    (
        "the folder {} is not an absolute path{}",
        "文件夹 {0} 不是完整路径；请从根目录写起，如 /srv/qingting/drop/12345。",
    ),
    (
        "the folder {} does not exist{}",
        "文件夹 {0} 不存在；请服务器管理员建好，让程序能读能写，或核对路径有没有写错。",
    ),
    ("{} is a file, not a folder", "{0} 是文件，不是文件夹；请填写放表格的文件夹。"),
    ("the folder {} cannot be opened{}", "文件夹 {0} 打不开；请服务器管理员允许程序读取和写入这个文件夹。"),
    (
        "the folder {} belongs to the system or to the program{}",
        "文件夹 {0} 属于系统或本程序，不能用来放表格；请另建一个只放这种表格的文件夹，如 /srv/qingting/drop/12345。",
    ),
    (
        "the folder {} cannot be written to, so what was read could not be moved{}",
        "文件夹 {0} 不能写入，读过的文件无法移走；请服务器管理员允许程序读取和写入这个文件夹。",
    ),
    (
        "the folder {} lies within the folder of the source {}, or holds it",
        "文件夹 {0} 与来源“{1}”的文件夹互相包含，请分开设置。",
    ),
    ("the folder {} is being read by another process", "文件夹 {0} 正由另一个进程读取，稍后会再试。"),
    ("{} could not be sealed: {}", "{0} 无法加密封存（{1}）。"),
    ("the column map saved with the source cannot be used: {}", "该来源的“列的对照”不能用：{told:0}"),
    (
        "line {} of the column map is no TOML of the form meaning = \"header\": {}",
        "“列的对照”第 {0} 行写得不对：要一行一个，写成：名称 = \"表头\"，如 body = \"情况说明\"；等号、引号用半角的，一个名称只写一次。",
    ),
    ("the column map knows no meaning \"{}\"; allowed: {}", "没有“{0}”这个名称；可以用的有 {1}。"),
    ("the column map gives no header for {}", "“{meaning:0}”没有写表头。"),
    ("the column map gives {} several headers; only one can have it", "“{meaning:0}”只能对应一个表头。"),
    ("the column map gives \"{}\" two meanings", "表头“{0}”用了两次，只能有一种含义。"),
    (
        "the column map names neither a body nor a title; one of them is needed",
        "“内容”和“标题”至少要有一列。",
    ),
    // Rows of sheets.
    (
        "the row has neither a title nor a text; one of them is needed",
        "这一行没有标题，也没有正文；至少要有一样。",
    ),
    (
        "the row has {} cells, the header {}; a separator within a text must stand in quotes",
        "这一行有 {0} 格，表头只有 {1} 格；正文里的分隔符要放在引号里。",
    ),
    ("a quote is opened and never closed", "引号只有开头，没有结尾。"),
    (
        "the line is JSON but no object; each line must be {}",
        "这一行是 JSON，但不是对象；每行应为 {\"表头\": 值, …}。",
    ),
    // Records that were pushed.
    ("the push was not finished; {}", "这次推送没有处理完，已请对方重发；重发不会重复登记。"),
    ("\"{}\" is no field; allowed: {}", "“{0}”不是接口的字段；允许的字段：{1}。"),
    ("the field \"{}\" stands twice; {}", "字段“{0}”写了两次；每个字段只能写一次。"),
    ("the value of \"{}\" must be a text in quotes", "“{0}”的值应为引号内的文字。"),
    ("the value of \"{}\" must be true or false", "“{0}”的值应为 true 或 false。"),
    ("the value of \"{}\" must be a text or a whole number", "“{0}”的值应为文字或整数。"),
    ("the value of \"{}\" must be without control characters", "“{0}”的值含有控制字符，不能用作编号。"),
    (
        "the value of \"{}\" must be a time in quotes, or epoch seconds",
        "“{0}”的值应为时间，如 \"2026-01-06T12:09:00+08:00\" 或 \"2026-01-06 12:09\"。",
    ),
    (
        "the value of \"{}\" must be an object of the lists names, phones, others",
        "“{0}”应为对象，可以有 names、phones、others 三个列表。",
    ),
    ("the value of \"{}\" must be a list of texts", "“{0}”应为文字的列表，如 [\"…\"]。"),
    ("the value of \"{}\" must be an object of labels and texts", "“{0}”应为对象：{\"名称\": \"内容\"}。"),
    (
        "the value of \"{}\" must be a text, a number, true or false",
        "“{0}”的值应为文字、数字、true 或 false。",
    ),
    ("\"extra\" has {} labels; allowed: at most {}", "extra 有 {0} 项；最多 {1} 项。"),
    ("a label of \"extra\" must have 1 to {} characters", "extra 的名称应有 1 至 {0} 个字。"),
    ("\"{}\" is no address to link to; {}", "“{0}”不是网页地址；应以 http:// 或 https:// 开头。"),
    ("a withdrawn record needs its \"id\"", "撤回一条记录时必须写明它的 id。"),
    (
        "the record has neither a title nor a text; {}",
        "没有标题（title），也没有正文（body）；至少要有一项。",
    ),
    (
        "the record is JSON but no object; {}",
        "这是 JSON，但不是对象；应为 {\"id\": …, \"title\": …, \"body\": …}。",
    ),
    ("the line has {} bytes; allowed: at most {}", "这一行有 {0} 字节；最多 {1} 字节。"),
    ("the line is no UTF-8 text from byte {} on", "这一行从第 {0} 个字节起不是 UTF-8 文字。"),
    ("the line is no JSON: {} at line {} column {}", "这一行不是 JSON：从第 {2} 个字节处读不下去。"),
    ("the line is no JSON: {}", "这一行不是 JSON。"),
    (
        "\"{}\" is a day or hour that does not exist; allowed: {}",
        "“{0}”这个日期或时刻不存在；时间应写成 2026-01-06 12:09 或 2026年1月6日。",
    ),
    (
        "\"{}\" lies outside the years 1990 to 2100; allowed: {}",
        "“{0}”不在 1990 年至 2100 年之间；时间应写成 2026-01-06 12:09 或 2026年1月6日。",
    ),
    ("\"{}\" is no time; allowed: {}", "“{0}”不是时间；时间应写成 2026-01-06 12:09 或 2026年1月6日。"),
];
