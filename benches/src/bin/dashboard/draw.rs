//! The picture: a page, a grid of panels, lines in them; as SVG that reads well on light and on dark pages.

use std::fmt::{self, Write};

use hcp_benches::escaped;

use crate::model::{Custom, Dashboard, GridPos, Kind, Panel, Time};
use crate::scale::Scale;
use crate::story::{self, STEPS};

/// A dashboard with the data of each panel.
#[derive(Debug)]
pub(crate) struct Picture<'a> {
    dashboard: &'a Dashboard,
    panels: Vec<(&'a Panel, Vec<Series<'a>>)>,
}

#[derive(Debug)]
struct Series<'a> {
    name: &'a str,
    /// Where its line is: with those below it, if they are stacked.
    upper: Vec<f64>,
    /// Where the line below it is, if they are stacked.
    lower: Option<Vec<f64>>,
}

/// A rectangle in points.
#[derive(Clone, Copy, Debug)]
struct Area {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

const WIDTH: f64 = 1280.0;
const MARGIN: f64 = 20.0;
/// The bar above the panels.
const HEADER: f64 = 62.0;
const FOOTER: f64 = 34.0;
const COLUMNS: f64 = 24.0;
const CELL: f64 = 22.0;
const GAP: f64 = 8.0;
const LEGEND_LINE: f64 = 16.0;
/// The mean width of a letter in a legend.
const LETTER: f64 = 6.0;
const COLOURS: usize = 8;

/// The colours of lines are between the two backgrounds, and apart for those who do not see red or green.
const STYLE: &str = "
  text { font: 11px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: #3d444d; }
  .title { font-size: 18px; font-weight: 600; fill: #1f2328; }
  .name { font-size: 13px; font-weight: 600; fill: #1f2328; }
  .row { font-size: 14px; font-weight: 600; fill: #1f2328; }
  .tick, .note { font-size: 10.5px; fill: #656d76; }
  .y { text-anchor: end; }
  .x, .info { text-anchor: middle; }
  .info { font-size: 9px; fill: #656d76; }
  .page { fill: #f4f5f7; }
  .panel, .button { fill: #ffffff; stroke: #dde1e6; }
  .grid { stroke: #e8ebef; stroke-width: 1; }
  .ring, .fold { fill: none; stroke: #8b949e; }
  .fold { stroke-width: 1.6; }
  .line { fill: none; stroke-linejoin: round; }
  .s0 { stroke: #2f9e5b; } .f0 { fill: #2f9e5b; }
  .s1 { stroke: #d9970f; } .f1 { fill: #d9970f; }
  .s2 { stroke: #3d8bd4; } .f2 { fill: #3d8bd4; }
  .s3 { stroke: #c2410c; } .f3 { fill: #c2410c; }
  .s4 { stroke: #8a63d2; } .f4 { fill: #8a63d2; }
  .s5 { stroke: #12a5a5; } .f5 { fill: #12a5a5; }
  .s6 { stroke: #cf4f92; } .f6 { fill: #cf4f92; }
  .s7 { stroke: #7b8794; } .f7 { fill: #7b8794; }
  @media (prefers-color-scheme: dark) {
    text { fill: #c3cad3; }
    .title, .name, .row { fill: #f0f6fc; }
    .tick, .note, .info { fill: #8b949e; }
    .page { fill: #0d1117; }
    .panel, .button { fill: #161b22; stroke: #2a3038; }
    .grid { stroke: #262c34; }
  }
";

impl<'a> Picture<'a> {
    /// Makes up the data of every panel.
    ///
    /// # Errors
    /// A query or a time that nothing was made up for.
    pub(crate) fn new(dashboard: &'a Dashboard) -> Result<Self, String> {
        let Time { from, to } = &dashboard.time;
        if (from.as_str(), to.as_str()) != ("now-6h", "now") {
            return Err(format!(
                "it shows {from} to {to}: tell another story than the six hours of story.rs"
            ));
        }
        let panels = dashboard.panels.iter().map(|panel| Ok((panel, series_of(panel)?)));
        Ok(Self { dashboard, panels: panels.collect::<Result<_, String>>()? })
    }

    fn height(&self) -> f64 {
        let bottom = |panel: &Panel| area(panel.grid_pos).top + area(panel.grid_pos).height;
        self.dashboard.panels.iter().map(bottom).fold(HEADER, f64::max) + FOOTER
    }

    fn header(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Dashboard { title, refresh, templating, .. } = self.dashboard;
        writeln!(f, r#"  <text class="title" x="{MARGIN}" y="39">{}</text>"#, escaped(title))?;
        let mut right = WIDTH - MARGIN;
        right = button(f, right, refresh)?;
        right = button(f, right, "Last 6 hours")?;
        for variable in &templating.list {
            right = button(f, right, &format!("{}: {}", variable.label, variable.query))?;
        }
        Ok(())
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (height, title) = (self.height(), escaped(&self.dashboard.title));
        writeln!(
            f,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-label="{title}">"#
        )?;
        writeln!(f, "  <style>{STYLE}  </style>")?;
        writeln!(f, r#"  <rect class="page" width="{WIDTH}" height="{height}" rx="8"/>"#)?;
        self.header(f)?;
        for (panel, series) in &self.panels {
            let area = area(panel.grid_pos);
            match panel.kind {
                Kind::Row => row(f, area, &panel.title)?,
                Kind::TimeSeries => time_series(f, area, panel, series)?,
            }
        }
        let y = height - 13.0;
        let note = "Drawn from the shipped template, with made-up data: a disk of etcd is slow for a while, and what is above it feels that.";
        writeln!(f, r#"  <text class="note" x="{MARGIN}" y="{y}">{note}</text>"#)?;
        writeln!(f, "</svg>")
    }
}

fn series_of(panel: &Panel) -> Result<Vec<Series<'_>>, String> {
    let stacked = panel.field_config.defaults.custom.stacking.mode == "normal";
    let mut all: Vec<Series<'_>> = Vec::new();
    for query in &panel.targets {
        let lines = story::lines(&panel.title, &query.ref_id).ok_or_else(|| {
            format!(
                "no data for query {} of panel `{}`: add it to story.rs",
                query.ref_id, panel.title
            )
        })?;
        for line in lines {
            let lower = all.last().filter(|_| stacked).map(|below| below.upper.clone());
            let mut upper = line.values(all.len());
            for (value, below) in upper.iter_mut().zip(lower.iter().flatten()) {
                *value += below;
            }
            all.push(Series { name: query.fixed_name().unwrap_or(line.name), upper, lower });
        }
    }
    Ok(all)
}

fn area(grid: GridPos) -> Area {
    let column = (WIDTH - 2.0 * MARGIN + GAP) / COLUMNS;
    Area {
        left: MARGIN + column * f64::from(grid.x),
        top: HEADER + (CELL + GAP) * f64::from(grid.y),
        width: column * f64::from(grid.w) - GAP,
        height: (CELL + GAP) * f64::from(grid.h) - GAP,
    }
}

/// A button that ends at `right`; where the next one may end.
fn button(f: &mut fmt::Formatter<'_>, right: f64, text: &str) -> Result<f64, fmt::Error> {
    let width = 22.0 + width_of(text);
    let left = right - width;
    writeln!(
        f,
        r#"  <rect class="button" x="{left:.1}" y="19" width="{width:.1}" height="28" rx="3"/><text x="{:.1}" y="37">{}</text>"#,
        left + 11.0,
        escaped(text)
    )?;
    Ok(left - GAP)
}

fn row(f: &mut fmt::Formatter<'_>, area: Area, title: &str) -> fmt::Result {
    let (x, y) = (area.left + 4.0, area.top + 15.0);
    writeln!(f, r#"  <path class="fold" d="M{x:.1} {:.1}l4 4l4 -4"/>"#, y - 6.0)?;
    writeln!(f, r#"  <text class="row" x="{:.1}" y="{y:.1}">{}</text>"#, x + 16.0, escaped(title))
}

fn time_series(
    f: &mut fmt::Formatter<'_>,
    area: Area,
    panel: &Panel,
    series: &[Series<'_>],
) -> fmt::Result {
    let Area { left, top, width, height } = area;
    frame(f, area, panel)?;
    let legend = arrange(series, width - 24.0);
    let most = series.iter().flat_map(|series| &series.upper).copied().fold(0.0, f64::max);
    let defaults = &panel.field_config.defaults;
    let scale = Scale::new(defaults.unit, most);
    let names = (0..=scale.steps).map(|number| width_of(&scale.tick(number)));
    let axis = names.fold(0.0, f64::max) + 18.0;
    #[expect(clippy::cast_precision_loss, reason = "a few lines")]
    let below = 24.0 + LEGEND_LINE * legend.len() as f64;
    let plot = Area {
        left: left + axis,
        top: top + 36.0,
        width: width - axis - 14.0,
        height: height - 36.0 - below,
    };
    axes(f, plot, &scale)?;
    for (number, series) in series.iter().enumerate() {
        curve(f, plot, scale.top(), &defaults.custom, number % COLOURS, series)?;
    }
    let mut y = plot.top + plot.height + 34.0;
    for keys in &legend {
        for (x, number) in keys {
            key(f, left + 12.0 + x, y, number % COLOURS, series[*number].name)?;
        }
        y += LEGEND_LINE;
    }
    Ok(())
}

/// What a panel is before it has data.
fn frame(f: &mut fmt::Formatter<'_>, area: Area, panel: &Panel) -> fmt::Result {
    let Area { left, top, width, height } = area;
    writeln!(
        f,
        r#"  <rect class="panel" x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" rx="3"/>"#
    )?;
    let (x, y, title) = (left + 12.0, top + 22.0, escaped(&panel.title));
    writeln!(f, r#"  <text class="name" x="{x:.1}" y="{y:.1}">{title}</text>"#)?;
    let Some(description) = &panel.description else { return Ok(()) };
    let (x, y, description) = (left + width - 17.0, top + 18.0, escaped(description));
    writeln!(
        f,
        r#"  <g><title>{description}</title><circle class="ring" cx="{x:.1}" cy="{y:.1}" r="6"/><text class="info" x="{x:.1}" y="{:.1}">i</text></g>"#,
        y + 3.2
    )
}

fn axes(f: &mut fmt::Formatter<'_>, plot: Area, scale: &Scale) -> fmt::Result {
    let Area { left, top, width, height } = plot;
    let (right, bottom) = (left + width, top + height);
    for number in 0..=scale.steps {
        let y = bottom - height * f64::from(number) / f64::from(scale.steps);
        line(f, (left, y), (right, y))?;
        let (x, y) = (left - 7.0, y + 3.5);
        writeln!(
            f,
            r#"  <text class="tick y" x="{x:.1}" y="{y:.1}">{}</text>"#,
            scale.tick(number)
        )?;
    }
    for hour in 0..=6_u32 {
        let x = left + width * f64::from(hour) / 6.0;
        line(f, (x, top), (x, bottom))?;
        // The first and the last would stick out.
        if (1..6).contains(&hour) {
            let y = bottom + 15.0;
            writeln!(
                f,
                r#"  <text class="tick x" x="{x:.1}" y="{y:.1}">{:02}:00</text>"#,
                6 + hour
            )?;
        }
    }
    Ok(())
}

fn line(f: &mut fmt::Formatter<'_>, from: (f64, f64), to: (f64, f64)) -> fmt::Result {
    let ((x1, y1), (x2, y2)) = (from, to);
    writeln!(f, r#"  <path class="grid" d="M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}"/>"#)
}

fn curve(
    f: &mut fmt::Formatter<'_>,
    plot: Area,
    most: f64,
    custom: &Custom,
    colour: usize,
    series: &Series<'_>,
) -> fmt::Result {
    let stepped = custom.line_interpolation == "stepAfter";
    let line = path(&points(plot, most, &series.upper, stepped))?;
    let below = match &series.lower {
        None => format!("V{:.1}H{:.1}", plot.top + plot.height, plot.left),
        Some(lower) => {
            let mut lower = points(plot, most, lower, stepped);
            lower.reverse();
            format!("L{}", path(&lower)?)
        }
    };
    let opacity = f64::from(custom.fill_opacity) / 100.0;
    writeln!(f, r#"  <path class="f{colour}" fill-opacity="{opacity}" d="M{line}{below}Z"/>"#)?;
    let width = f64::from(custom.line_width) * 1.4;
    writeln!(f, r#"  <path class="line s{colour}" stroke-width="{width}" d="M{line}"/>"#)
}

/// In tenths of a point, so that what is written adds up.
fn points(plot: Area, most: f64, values: &[f64], stepped: bool) -> Vec<(f64, f64)> {
    let tenths = |x: f64| (x * 10.0).round();
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (step, value) in (0..=STEPS).zip(values) {
        let x = tenths(plot.left + plot.width * f64::from(step) / f64::from(STEPS));
        if let Some((_, before)) = points.last().copied().filter(|_| stepped) {
            points.push((x, before));
        }
        points.push((x, tenths(plot.top + plot.height * (1.0 - value / most))));
    }
    points
}

/// The first point, and from each to the next; what follows in the path must say its own command.
fn path(points: &[(f64, f64)]) -> Result<String, fmt::Error> {
    let (mut text, mut last) = (String::new(), None);
    for (x, y) in points {
        match last.replace((x, y)) {
            None => write!(text, "{} {}l", x / 10.0, y / 10.0)?,
            Some((before, height)) => {
                // Adding 0 makes of -0 a 0.
                write!(text, "{} {} ", (x - before) / 10.0 + 0.0, (y - height) / 10.0 + 0.0)?;
            }
        }
    }
    Ok(text.trim_end().to_owned())
}

/// The lines of a legend: where each name begins, and whose it is.
fn arrange(series: &[Series<'_>], width: f64) -> Vec<Vec<(f64, usize)>> {
    let mut lines = vec![Vec::new()];
    let mut x = 0.0;
    for (number, series) in series.iter().enumerate() {
        let needed = 34.0 + width_of(series.name);
        if x > 0.0 && x + needed > width {
            lines.push(Vec::new());
            x = 0.0;
        }
        if let Some(line) = lines.last_mut() {
            line.push((x, number));
        }
        x += needed;
    }
    lines
}

fn key(f: &mut fmt::Formatter<'_>, x: f64, y: f64, colour: usize, name: &str) -> fmt::Result {
    writeln!(
        f,
        r#"  <rect class="f{colour}" x="{x:.1}" y="{:.1}" width="14" height="4" rx="2"/><text x="{:.1}" y="{y:.1}">{}</text>"#,
        y - 6.0,
        x + 20.0,
        escaped(name)
    )
}

fn width_of(text: &str) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few letters")]
    let letters = text.chars().count() as f64;
    LETTER * letters
}
