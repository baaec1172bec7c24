//! Showing the fleet as it changes: a table on a terminal, lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::{Error, Result, bail};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::account::Vehicle;
use super::board::Board;
use super::line::{self, Paint};
use super::screen::Screen;
use super::subscription::Subscription;

/// Between two drawings.
const REDRAW: Duration = Duration::from_secs(1);
/// Seconds between two lines about the whole fleet, where there is no table.
const SUMMARY_S: u64 = 5;
/// Seconds that a page stays when the fleet does not fit the terminal.
const PAGE_S: u64 = 5;
/// Lines of the table that are not vehicles: the columns' heading, the page and the summary.
const FRAME_LINES: usize = 3;

/// How the fleet is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    /// Lines, for files, pipes and people who want them.
    Lines,
    /// A table that is drawn in place.
    Table(Paint),
}

impl How {
    /// A table on a terminal that can be drawn on, in colours unless the environment says NO_COLOR.
    pub(crate) fn choose(plain: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let colourless = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if plain || dumb || !std::io::stdout().is_terminal() {
            Self::Lines
        } else {
            Self::Table(if colourless { Paint::Plain } else { Paint::Colours })
        }
    }
}

/// The fleet on show.
pub(crate) struct Show {
    board: Board,
    how: How,
    screen: Option<Screen>,
    began: Instant,
}

impl Show {
    /// A show that has not begun.
    pub(crate) fn new(how: How, vehicles: &[Vehicle]) -> Result<Self> {
        Ok(Self { board: Board::new(vehicles), how, screen: None, began: Instant::now() })
    }

    /// Shows what the subscription brings, until it ends; gives the reason.
    pub(crate) async fn run(&mut self, subscription: &mut Subscription) -> Error {
        match self.run_to_error(subscription).await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn run_to_error(&mut self, subscription: &mut Subscription) -> Result<std::convert::Infallible> {
        if matches!(self.how, How::Table(_)) {
            self.screen = Some(Screen::new()?);
        }
        self.began = Instant::now();
        let mut beat = interval(REDRAW);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                state = subscription.next() => {
                    let second = self.second();
                    let changed = self.board.take(state?, second);
                    if let (How::Lines, Some(row)) = (self.how, changed) {
                        println!("{second:>4} s  {}", line::words(row));
                    }
                }
                _ = beat.tick() => self.beat()?,
            }
        }
    }

    /// Ends the show and says what was seen; an error if nothing was.
    pub(crate) fn end(&mut self) -> Result<String> {
        self.screen = None;
        let second = self.second();
        let totals = self.board.totals(second);
        if totals.seen == 0 {
            bail!("no state of any vehicle came through the subscription");
        }
        Ok(format!("Seen: {} of {} vehicles, {} events in {second} s.", totals.seen, totals.vehicles, totals.events))
    }

    fn beat(&mut self) -> Result<()> {
        let second = self.second();
        match (self.how, &mut self.screen) {
            (How::Table(paint), Some(screen)) => {
                screen.draw(&table(&mut self.board, second, Screen::lines_max(), paint))?;
            }
            _ if second > 0 && second.is_multiple_of(SUMMARY_S) => {
                println!("{second:>4} s  {}", line::totals(&self.board.totals(second)));
            }
            _ => {}
        }
        Ok(())
    }

    fn second(&self) -> u64 {
        self.began.elapsed().as_secs()
    }
}

/// The table, in no more lines than there are; a fleet that does not fit is shown page by page.
fn table(board: &mut Board, second: u64, lines_max: usize, paint: Paint) -> Vec<String> {
    let room = lines_max.saturating_sub(FRAME_LINES).max(1);
    let summary = line::totals(&board.totals(second));
    let rows = board.rows_mut();
    let pages = rows.len().div_ceil(room).max(1);
    let page = (second / PAGE_S) as usize % pages;
    let shown = rows.iter_mut().skip(page * room).take(room);
    let mut lines = vec![line::heading()];
    lines.extend(shown.map(|row| line::row(row, second, paint)));
    lines.push(if pages > 1 { format!("page {} of {pages}", page + 1) } else { String::new() });
    lines.push(summary.chars().take(line::COLUMNS_MAX).collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::super::board::tests::board;
    use super::*;

    #[test]
    fn turns_pages_when_the_fleet_does_not_fit() {
        let mut board = board(27);
        let mut check = |lines_max: usize, second: u64, lines: usize, first: &str, last: &str| {
            let table = table(&mut board, second, lines_max, Paint::Plain);
            assert_eq!(table.len(), lines);
            assert!(table[1].starts_with(first), "{}", table[1]);
            assert!(table[lines - 3].starts_with(last), "{}", table[lines - 3]);
        };
        check(50, 0, 30, "Barcelona 01", "Barcelona 27");
        check(30, 0, 30, "Barcelona 01", "Barcelona 27");
        check(23, 0, 23, "Barcelona 01", "Barcelona 20");
        check(23, 4, 23, "Barcelona 01", "Barcelona 20");
        check(23, 5, 10, "Barcelona 21", "Barcelona 27");
        check(23, 10, 23, "Barcelona 01", "Barcelona 20");
        check(0, 0, 4, "Barcelona 01", "Barcelona 01");
    }
}
