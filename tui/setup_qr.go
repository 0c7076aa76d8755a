package tui

import (
	"strings"

	"github.com/mdp/qrterminal/v3"
)

// quietZone is the light edge around a QR code, in modules. The standard asks for four;
// readers take two, and a terminal is small.
const quietZone = 2

// longestQR is the longest text, in bytes, that is worth a picture.
const longestQR = 600

// qrLines draws a text as a QR code of half blocks, two modules to a line; nil where
// it has no room. On a dark ground the blocks are the light modules, on a light one the
// dark ones, so that it is always dark on light.
func qrLines(text string, dark bool, w, h int) []string {
	if len(text) > longestQR {
		return nil
	}
	var b strings.Builder
	c := qrterminal.Config{
		Level: qrterminal.L, Writer: &b, HalfBlocks: true, QuietZone: quietZone,
		BlackChar: "█", WhiteChar: " ", BlackWhiteChar: "▀", WhiteBlackChar: "▄",
	}
	if dark {
		c.BlackChar, c.WhiteChar, c.BlackWhiteChar, c.WhiteBlackChar = " ", "█", "▄", "▀"
	}
	qrterminal.GenerateWithConfig(text, c)
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	// The library's last line has a dark lower half, for printers.
	lines[len(lines)-1] = strings.Repeat(c.WhiteChar, columns(lines[0]))
	if len(lines) > h {
		return nil
	}
	for _, l := range lines {
		if columns(l) > w {
			return nil
		}
	}
	return lines
}
