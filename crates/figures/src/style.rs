//! Colours, dashes and markers: series differ in two of them, so that no meaning rests on colour alone.

/// A colour of the palette of Okabe and Ito, made to be told apart with any kind of colour vision; black and grey are
/// for references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// The first series.
    Blue,
    /// The second series.
    Vermillion,
    /// The third series.
    Green,
    /// The fourth series.
    Purple,
    /// The fifth series.
    Sky,
    /// The sixth series.
    Orange,
    /// The seventh series; weak on white, so last.
    Yellow,
    /// Theory, truth, bounds.
    Black,
    /// What stands in the background.
    Grey,
}

/// Red, green and blue.
pub(crate) type Rgb = (u8, u8, u8);

pub(crate) const WHITE: Rgb = (255, 255, 255);
pub(crate) const TEXT: Rgb = (26, 26, 26);
pub(crate) const FAINT: Rgb = (90, 90, 90);
pub(crate) const FRAME: Rgb = (60, 60, 60);
pub(crate) const GRID: Rgb = (226, 226, 226);

impl Colour {
    const CYCLE: [Colour; 7] =
        [Colour::Blue, Colour::Vermillion, Colour::Green, Colour::Purple, Colour::Sky, Colour::Orange, Colour::Yellow];

    pub(crate) fn nth(i: usize) -> Colour {
        Self::CYCLE[i % Self::CYCLE.len()]
    }

    pub(crate) fn rgb(self) -> Rgb {
        match self {
            Colour::Blue => (0, 114, 178),
            Colour::Vermillion => (213, 94, 0),
            Colour::Green => (0, 158, 115),
            Colour::Purple => (204, 121, 167),
            Colour::Sky => (86, 180, 233),
            Colour::Orange => (230, 159, 0),
            Colour::Yellow => (240, 228, 66),
            Colour::Black => (0, 0, 0),
            Colour::Grey => (120, 120, 120),
        }
    }
}

/// `colour` over white, `share` of it in 0 to 1.
pub(crate) fn tint((r, g, b): Rgb, share: f64) -> Rgb {
    let mix = |c: u8| (255.0 + (f64::from(c) - 255.0) * share).round() as u8;
    (mix(r), mix(g), mix(b))
}

/// The pattern of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// No gaps.
    Solid,
    /// Dashes.
    Dashed,
    /// Dots.
    Dotted,
    /// A dash and a dot by turns.
    DashDot,
    /// Long dashes.
    Long,
    /// A dash and two dots by turns.
    DashDotDot,
}

impl Dash {
    const CYCLE: [Dash; 6] = [Dash::Solid, Dash::Dashed, Dash::DashDot, Dash::Dotted, Dash::Long, Dash::DashDotDot];

    pub(crate) fn nth(i: usize) -> Dash {
        Self::CYCLE[i % Self::CYCLE.len()]
    }

    /// Lengths of strokes and gaps by turns, in units of the line's width.
    pub(crate) fn pattern(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Dashed => &[4.0, 2.2],
            Dash::Dotted => &[1.2, 1.6],
            Dash::DashDot => &[5.0, 1.8, 1.2, 1.8],
            Dash::Long => &[9.0, 2.5],
            Dash::DashDotDot => &[5.0, 1.6, 1.2, 1.6, 1.2, 1.6],
        }
    }
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A filled circle.
    Circle,
    /// A filled square.
    Square,
    /// A filled triangle, point up.
    Triangle,
    /// A filled square on its corner.
    Diamond,
    /// An open circle.
    Ring,
    /// A filled triangle, point down.
    TriangleDown,
    /// An x.
    Cross,
    /// A plus sign.
    Plus,
}

impl Marker {
    const CYCLE: [Marker; 8] = [
        Marker::Circle,
        Marker::Square,
        Marker::Triangle,
        Marker::Diamond,
        Marker::Ring,
        Marker::TriangleDown,
        Marker::Cross,
        Marker::Plus,
    ];

    pub(crate) fn nth(i: usize) -> Marker {
        Self::CYCLE[i % Self::CYCLE.len()]
    }
}

/// Where the legend stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Legend {
    /// In the emptiest corner; outside if no corner is free of data.
    #[default]
    Auto,
    /// In the upper right corner.
    UpperRight,
    /// In the upper left corner.
    UpperLeft,
    /// In the lower right corner.
    LowerRight,
    /// In the lower left corner.
    LowerLeft,
    /// Outside, to the right.
    Right,
    /// Outside, below.
    Below,
    /// None.
    Hidden,
}
