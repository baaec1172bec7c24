//! Coordinates in degrees and minutes, as receivers write them.

/// Ten-thousandths of minutes in a degree.
const PER_DEGREE: u64 = 600_000;

/// The size of a coordinate: so many digits of degrees, two of minutes, and four after the point.
pub(crate) fn degrees_minutes(degrees: f64, degree_digits: usize) -> String {
    // Rounded as a whole, so that there are never 60 minutes.
    let all = (degrees.abs() * PER_DEGREE as f64).round() as u64;
    let (degrees, minutes) = (all / PER_DEGREE, all % PER_DEGREE);
    format!("{degrees:0degree_digits$}{:02}.{:04}", minutes / 10_000, minutes % 10_000)
}

/// The letter of a hemisphere.
pub(crate) fn hemisphere(degrees: f64, plus: char, minus: char) -> char {
    if degrees < 0.0 { minus } else { plus }
}

/// What the server said and was not yet understood: lines that end with a byte, each as text.
#[derive(Default)]
pub(crate) struct Lines {
    held: Vec<u8>,
}

impl Lines {
    /// Answers longer than this are not waited for.
    const BYTES_MAX: usize = 4_096;

    /// Takes what came, and gives the lines that are whole now, without their ends.
    pub(crate) fn take(&mut self, bytes: &[u8], end: u8) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            if *byte == end {
                lines.push(String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned());
            } else if self.held.len() < Self::BYTES_MAX {
                self.held.push(*byte);
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_written_as_receivers_do() {
        let check = |degrees: f64, digits: usize, wanted: &str| assert_eq!(degrees_minutes(degrees, digits), wanted);
        check(-33.448_891, 2, "3326.9335");
        check(-70.669_266, 3, "07040.1560");
        check(0.0, 2, "0000.0000");
        check(9.999_999_9, 2, "1000.0000");
        assert_eq!((hemisphere(-0.1, 'N', 'S'), hemisphere(0.0, 'E', 'W')), ('S', 'E'));
    }

    #[test]
    fn lines_are_whole_however_they_come() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"*HQ,1", b'#'), Vec::<String>::new());
        assert_eq!(lines.take(b"2#*#a", b'#'), ["*HQ,12", "*"]);
    }
}
