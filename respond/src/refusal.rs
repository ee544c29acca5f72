//! Why an action is refused, in a sentence for the one who tried.

use qingting_models::county::DepartmentCode;

use crate::case_table::ActionKind;

/// An action that the rules do not allow; the case is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("工单现为“{state}”，不能{}；可以操作的状态：{allowed}", action.label())]
    WrongState { action: ActionKind, state: &'static str, allowed: String },
    #[error("您的角色不能{}；可以操作的是：{allowed}", action.label())]
    NotYourRole { action: ActionKind, allowed: String },
    #[error("该工单由其他单位主办或协办，您所在单位不能{}", action.label())]
    NotYourDepartment { action: ActionKind },
    #[error("反映干部作风的保密件只能由纪检专员{}", action.label())]
    DisciplineOnly { action: ActionKind },
    #[error("请填写{0}")]
    Missing(&'static str),
    #[error("{field}共 {got} 字，超出上限 {max} 字，请删减")]
    TooLong { field: &'static str, got: usize, max: usize },
    #[error("没有代码为“{0}”的单位，请从单位名录中选择")]
    UnknownDepartment(DepartmentCode),
    #[error("保密件提到了 {0}，被反映的单位不能经办；请派给其他单位")]
    ComplainedAbout(String),
    #[error("“不属本单位职责”的，须写明应由哪个单位办理，且不能是本单位")]
    RightDepartment,
    #[error("本单位已退回过该工单一次，不能再次退回；有争议的请联系值班室协调裁定")]
    SecondSendBack,
    #[error("签收之后才能联系群众或作出承诺，请先签收")]
    PromiseBeforeAcceptance,
    #[error("该工单不是信访件，不需要告知信访人")]
    NotAPetition,
    #[error("等待群众最多 {max} 次，该工单已等待 {max} 次")]
    TooManyWaits { max: u32 },
    #[error("等待群众累计最多 {max} 个工作日，已等待 {used} 个，本次需要 {wanted} 个")]
    WaitTooLong { max: u32, used: u32, wanted: u32 },
    #[error("等待的截止时间须晚于现在")]
    WaitInThePast,
    #[error("等待的截止日期未到，由系统到期自动恢复办理")]
    WaitNotOver,
    #[error("延期最多 {max} {unit}，且至少 1 {unit}；申请的是 {asked}")]
    ExtensionDays { max: u32, unit: &'static str, asked: u32 },
    #[error("延期只能一次，该工单已延期")]
    ExtensionUsed,
    #[error("已有延期申请待审批，请等待审批结果")]
    ExtensionPending,
    #[error("没有待审批的延期申请")]
    NoExtensionAsked,
    #[error("办理时限已过，不能再延期")]
    ExtensionTooLate,
    #[error("该工单没有可以延期的时限")]
    NothingToExtend,
    #[error("截止时间由派单平台规定，请向派单平台申请延期，平台更新后自动生效")]
    SenderSetsDue,
    #[error("承诺兑现的日期不能早于今天")]
    PromiseInThePast,
    #[error("可公开内容里有个人信息，请删去，确须保留的写明理由：{0}")]
    LeaksInPublic(String),
    #[error("找不到待审核的答复")]
    NoReply,
    #[error("这一级督办已经发出，不重复发出")]
    AlreadyPressed,
    #[error("督办级别不对：系统和值班研判员可选 1（黄）、2（红），领导为 3")]
    PressLevel,
    #[error("{0} 是主办单位，不能同时协办")]
    LeadCannotHelp(DepartmentCode),
    #[error("{0} 已在协办该工单")]
    AlreadyHelper(DepartmentCode),
    #[error("{0} 没有在协办该工单")]
    NoHelper(DepartmentCode),
    #[error("协办单位现为“{state}”，不能{}", action.label())]
    HelperState { action: ActionKind, state: &'static str },
    #[error("工单不能并入自身")]
    MergeWithItself,
    #[error("保密件与普通件不能并案")]
    MergeAcrossConfidence,
    #[error("目标工单现为“{state}”，不能并入；只能并入答复审核通过之前的工单")]
    MergeTarget { state: &'static str },
    #[error("请选择要归入的诉求，一次最多 {max} 件")]
    NothingToTakeIn { max: usize },
    #[error("“{title}”不能归入：{why}")]
    CannotTakeIn { title: String, why: Box<Refusal> },
    #[error("信访件须逐件登记、告知和答复，不能与其他诉求合在一个工单里")]
    PetitionAlone,
    #[error("这是工单自己的诉求，不能移出；立错的工单请作废")]
    OwnItem,
    #[error("这条诉求不在本工单里")]
    NotInCase,
    #[error("没有变化：{0}")]
    AlreadySo(&'static str),
    #[error("这条信息已有工单，不能重复派单")]
    AlreadyCase,
    #[error("没有可以撤销的：只能在十分钟内撤销自己刚做的一步，单位已签收的、盲评的不能撤销")]
    NothingToUndo,
    #[error("这件由其他平台办理，已作为镜像工单跟踪，不重复立案；需要时请督办")]
    Mirrored,
    #[error("其他平台的工单由值班研判员（保密件为纪检专员）和领导督办，由值班研判员列入关注")]
    MirrorRole,
    #[error("该件在平台上已办结或已撤回，不能再督办")]
    MirrorOver,
    #[error("这条信息已被标为不处理（{0}），请先恢复再派单")]
    Dismissed(String),
    #[error("这条信息还没有研判，请先研判再派单")]
    NotJudged,
    #[error("平台没有新的变化")]
    NothingNew,
    #[error("时限无法计算：{0}")]
    Clock(String),
}
