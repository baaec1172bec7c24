//! Drawing in place on a terminal.

use std::io::{self, Stdout, Write};

use crossterm::cursor::{Hide, MoveToColumn, MoveUp, Show};
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};

/// A part of the terminal that is drawn again and again. What was written before stays above it.
pub(crate) struct Screen {
    out: Stdout,
    drawn: u16,
}

impl Screen {
    /// Begins below what is written.
    pub(crate) fn new() -> io::Result<Self> {
        let mut out = io::stdout();
        queue!(out, Hide)?;
        Ok(Self { out, drawn: 0 })
    }

    /// Lines that can be drawn.
    pub(crate) fn lines_max() -> usize {
        // Without a size, what the smallest usual terminal has. The last line is the cursor's.
        crossterm::terminal::size().map_or(24, |(_, rows)| usize::from(rows)).saturating_sub(1)
    }

    /// Draws these lines over the last ones.
    pub(crate) fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        queue!(self.out, BeginSynchronizedUpdate, MoveToColumn(0))?;
        if self.drawn > 0 {
            queue!(self.out, MoveUp(self.drawn))?;
        }
        for line in lines {
            queue!(self.out, Print(line), Clear(ClearType::UntilNewLine), Print("\r\n"))?;
        }
        queue!(self.out, Clear(ClearType::FromCursorDown), EndSynchronizedUpdate)?;
        self.drawn = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        self.out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs no cursor.
        let _ = queue!(self.out, Show).and_then(|()| self.out.flush());
    }
}
