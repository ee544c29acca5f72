//! At what hours and on what days of the week people call, write and publish.

/// Share of each hour of the day in the calls of a hotline.
const CALL_HOURS: [u32; 24] =
    [2, 1, 1, 1, 1, 2, 6, 18, 52, 70, 66, 48, 26, 34, 60, 62, 54, 40, 28, 26, 22, 16, 9, 4];
/// Letters are written after work and at noon as well.
const LETTER_HOURS: [u32; 24] =
    [9, 4, 2, 1, 1, 3, 8, 18, 36, 48, 46, 38, 40, 36, 38, 40, 38, 30, 28, 36, 48, 50, 40, 22];
const NEWS_HOURS: [u32; 24] =
    [0, 0, 0, 0, 0, 0, 5, 22, 50, 62, 54, 40, 16, 14, 34, 44, 48, 40, 26, 20, 14, 6, 2, 0];
/// Share of the days from Sunday to Saturday.
const CALL_DAYS: [u32; 7] = [52, 112, 104, 100, 98, 96, 62];
const LETTER_DAYS: [u32; 7] = [78, 108, 102, 98, 98, 94, 80];
const NEWS_DAYS: [u32; 7] = [40, 104, 104, 104, 104, 102, 50];

/// Which rhythm a channel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rhythm {
    Calls,
    Letters,
    News,
}

impl Rhythm {
    /// Weights of the hours from 0 to 23.
    pub(crate) fn hours(self) -> &'static [u32; 24] {
        match self {
            Self::Calls => &CALL_HOURS,
            Self::Letters => &LETTER_HOURS,
            Self::News => &NEWS_HOURS,
        }
    }

    /// Weights of the days from Sunday to Saturday.
    pub(crate) fn days(self) -> &'static [u32; 7] {
        match self {
            Self::Calls => &CALL_DAYS,
            Self::Letters => &LETTER_DAYS,
            Self::News => &NEWS_DAYS,
        }
    }
}
