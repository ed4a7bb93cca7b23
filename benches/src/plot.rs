//! A chart of bars on a logarithmic scale, as SVG that reads well on light and on dark pages.

use std::fmt::{self, Write};

/// Groups of bars with one scale below them.
#[derive(Debug, Clone)]
pub struct Chart {
    title: String,
    unit: String,
    footnote: String,
    groups: Vec<Group>,
}

/// What was measured, a bar for each who took part; the first is ours.
#[derive(Debug, Clone)]
pub struct Group {
    /// What was done, and to what.
    name: (String, String),
    bars: Vec<Bar>,
}

/// Who, and how much.
#[derive(Debug, Clone)]
pub struct Bar {
    who: String,
    value: f64,
}

const WIDTH: f64 = 960.0;
/// Where the names of groups end and bars begin.
const LEFT: f64 = 230.0;
/// Room behind the bars for their figures.
const RIGHT: f64 = 130.0;
const TOP: f64 = 104.0;
const BAR: f64 = 13.0;
const BAR_GAP: f64 = 3.0;
const GROUP_GAP: f64 = 16.0;
const BOTTOM: f64 = 68.0;

/// Colours by the order of the bars; readable on both backgrounds, and apart for those who do not see red or green.
const STYLE: &str = "
  text { font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: #3d444d; }
  .title { font-size: 18px; font-weight: 600; fill: #1f2328; }
  .name { fill: #1f2328; text-anchor: end; }
  .of { text-anchor: end; }
  .of, .tick, .note { font-size: 11px; fill: #656d76; }
  .tick { text-anchor: middle; }
  .figure { font-size: 11px; font-variant-numeric: tabular-nums; }
  .best { font-weight: 600; fill: #1f2328; }
  .page { fill: #ffffff; }
  .grid { stroke: #d8dee4; stroke-width: 1; }
  .minor { stroke: #eef1f4; stroke-width: 1; }
  .bar0 { fill: #d1550a; }
  .bar1 { fill: #5b7fb4; }
  .bar2 { fill: #a9b4c2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #adb7c2; }
    .title, .name, .best { fill: #f0f6fc; }
    .of, .tick, .note { fill: #8b949e; }
    .page { fill: #0d1117; }
    .grid { stroke: #30363d; }
    .minor { stroke: #1b2129; }
    .bar0 { fill: #f0883e; }
    .bar1 { fill: #5d86c2; }
    .bar2 { fill: #66707c; }
  }
";

impl Bar {
    /// A bar; its value is above 0.
    #[must_use]
    pub fn new(who: impl Into<String>, value: f64) -> Self {
        Self { who: who.into(), value }
    }
}

impl Group {
    /// Bars that belong together. Of the name, what stands behind the first comma is written below the rest.
    #[must_use]
    pub fn new(name: &str, bars: Vec<Bar>) -> Self {
        let (what, of) = name.split_once(", ").unwrap_or((name, ""));
        Self { name: (what.to_owned(), of.to_owned()), bars }
    }

    fn height(&self) -> f64 {
        self.bars.iter().map(|_| BAR + BAR_GAP).sum::<f64>() - BAR_GAP
    }
}

impl Chart {
    /// An empty chart, and what its scale is.
    #[must_use]
    pub fn new(title: impl Into<String>, unit: impl Into<String>) -> Self {
        let (title, unit) = (title.into(), unit.into());
        Self { title, unit, footnote: String::new(), groups: Vec::new() }
    }

    /// Adds a group below the others.
    pub fn push(&mut self, group: Group) {
        self.groups.push(group);
    }

    /// Says on what it was measured.
    pub fn footnote(&mut self, text: impl Into<String>) {
        self.footnote = text.into();
    }

    /// The exponents of ten between which all bars are.
    fn decades(&self) -> (i32, i32) {
        let values = || self.groups.iter().flat_map(|group| &group.bars).map(|bar| bar.value);
        let least = values().fold(f64::INFINITY, f64::min).log10().floor();
        let most = values().fold(0.0, f64::max).log10().ceil();
        if !least.is_finite() || !most.is_finite() {
            return (0, 1);
        }
        #[expect(clippy::cast_possible_truncation, reason = "exponents of f64 are small")]
        let (least, most) = (least as i32, most as i32);
        (least, most.max(least + 1))
    }

    fn x(&self, value: f64) -> f64 {
        let (least, most) = self.decades();
        let share = (value.log10() - f64::from(least)) / f64::from(most - least);
        LEFT + share.max(0.0) * (WIDTH - LEFT - RIGHT)
    }

    /// All who took part, in the order in which they first appear.
    fn runners(&self) -> Vec<&str> {
        let mut runners = Vec::new();
        for bar in self.groups.iter().flat_map(|group| &group.bars) {
            if !runners.contains(&bar.who.as_str()) {
                runners.push(bar.who.as_str());
            }
        }
        runners
    }

    fn legend(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut x = LEFT;
        for (number, who) in self.runners().into_iter().enumerate() {
            writeln!(
                f,
                r#"  <rect class="bar{number}" x="{x:.1}" y="58" width="12" height="12" rx="2"/><text x="{:.1}" y="68">{}</text>"#,
                x + 18.0,
                Escaped(who)
            )?;
            #[expect(clippy::cast_precision_loss, reason = "a few letters")]
            let letters = who.chars().count() as f64;
            x += 44.0 + 7.0 * letters;
        }
        Ok(())
    }

    fn scale(&self, f: &mut fmt::Formatter<'_>, bottom: f64) -> fmt::Result {
        let (least, most) = self.decades();
        for exponent in least..=most {
            let value = 10_f64.powi(exponent);
            for digit in (2..10).filter(|_| exponent < most) {
                line(f, "minor", self.x(value * f64::from(digit)), bottom)?;
            }
            line(f, "grid", self.x(value), bottom)?;
            let y = bottom + 18.0;
            writeln!(
                f,
                r#"  <text class="tick" x="{:.1}" y="{y:.1}">{value}</text>"#,
                self.x(value)
            )?;
        }
        let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
        let unit = Escaped(&self.unit);
        let y = bottom + 36.0;
        writeln!(f, r#"  <text class="tick" x="{middle:.1}" y="{y:.1}">{unit}</text>"#)
    }

    fn group(&self, f: &mut fmt::Formatter<'_>, group: &Group, top: f64) -> fmt::Result {
        let (x, middle) = (LEFT - 14.0, top + group.height() / 2.0 + 4.0);
        let (what, of) = (Escaped(&group.name.0), Escaped(&group.name.1));
        let shift = if group.name.1.is_empty() { 0.0 } else { 8.0 };
        let (above, below) = (middle - shift, middle + shift);
        writeln!(f, r#"  <text class="name" x="{x}" y="{above:.1}">{what}</text>"#)?;
        writeln!(f, r#"  <text class="of" x="{x}" y="{below:.1}">{of}</text>"#)?;
        let (runners, ours) = (self.runners(), group.bars.first().map_or(0.0, |bar| bar.value));
        let mut y = top;
        for bar in &group.bars {
            let (end, who) = (self.x(bar.value), Escaped(&bar.who));
            let width = (end - LEFT).max(1.0);
            let number = runners.iter().position(|runner| *runner == bar.who).unwrap_or(0);
            let mut figure = short(bar.value);
            let class = if number == 0 {
                "figure best"
            } else {
                write!(figure, "  ·  ours {} ×", short(ours / bar.value))?;
                "figure"
            };
            writeln!(
                f,
                r#"  <rect class="bar{number}" x="{LEFT}" y="{y:.1}" width="{width:.1}" height="{BAR}" rx="2"><title>{who}: {figure}</title></rect>"#
            )?;
            let (x, base) = (end + 7.0, y + BAR - 2.5);
            writeln!(f, r#"  <text class="{class}" x="{x:.1}" y="{base:.1}">{figure}</text>"#)?;
            y += BAR + BAR_GAP;
        }
        Ok(())
    }
}

impl fmt::Display for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bottom = TOP + self.groups.iter().map(|g| g.height() + GROUP_GAP).sum::<f64>();
        let (height, title) = (bottom + BOTTOM, Escaped(&self.title));
        writeln!(
            f,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-label="{title}">"#
        )?;
        writeln!(f, "  <style>{STYLE}  </style>")?;
        writeln!(f, r#"  <rect class="page" width="{WIDTH}" height="{height}" rx="8"/>"#)?;
        writeln!(f, r#"  <text class="title" x="28" y="38">{title}</text>"#)?;
        self.legend(f)?;
        self.scale(f, bottom)?;
        let mut top = TOP;
        for group in &self.groups {
            self.group(f, group, top)?;
            top += group.height() + GROUP_GAP;
        }
        let (y, note) = (height - 12.0, Escaped(&self.footnote));
        writeln!(f, r#"  <text class="note" x="28" y="{y:.1}">{note}</text>"#)?;
        writeln!(f, "</svg>")
    }
}

fn line(f: &mut fmt::Formatter<'_>, class: &str, x: f64, bottom: f64) -> fmt::Result {
    let top = TOP - 10.0;
    writeln!(f, r#"  <line class="{class}" x1="{x:.1}" y1="{top}" x2="{x:.1}" y2="{bottom:.1}"/>"#)
}

/// Two or three digits are enough for a bar.
fn short(value: f64) -> String {
    let digits = match value {
        100.0.. => 0,
        10.0.. => 1,
        0.1.. => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// `text` within XML.
#[must_use]
pub fn escaped(text: &str) -> impl fmt::Display {
    Escaped(text)
}

/// Text within XML.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '<' => f.write_str("&lt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            other => f.write_char(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Bar, Chart, Group};

    #[test]
    fn each_decade_is_equally_wide_and_the_scale_holds_every_bar() {
        let mut chart = Chart::new("a < b", "unit");
        chart.push(Group::new("one", vec![Bar::new("ours", 30.0), Bar::new("theirs", 0.2)]));
        assert_eq!(chart.decades(), (-1, 2));
        let step = |from: f64| chart.x(from * 10.0) - chart.x(from);
        assert!((step(0.2) - step(3.0)).abs() < 1e-6);
        let text = chart.to_string();
        assert!(text.contains("a &lt; b") && text.contains("ours 150 ×"), "{text}");
    }

    #[test]
    fn a_chart_without_bars_is_still_a_picture() {
        assert!(Chart::new("", "").to_string().ends_with("</svg>\n"));
    }
}
