package tui

import (
	"fmt"
	"image/color"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// renderSVG draws a frame as a picture: runs of cells of equal style become a
// rectangle and a text. A cell is 9 by 19 pixels of 15 px JetBrains Mono.
func renderSVG(frame string, w, h int, dark bool) string {
	const cw, ch, pad = 9, 19, 16
	back, fore := "#16171d", "#d6dae3"
	if !dark {
		back, fore = "#fcfcf9", "#2a2d34"
	}
	buf := uv.NewScreenBuffer(w, h)
	buf.Method = ansi.GraphemeWidth
	uv.NewStyledString(frame).Draw(buf, uv.Rect(0, 0, w, h))
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="'JetBrains Mono','DejaVu Sans Mono',monospace" font-size="15">`+"\n", w*cw+2*pad, h*ch+2*pad)
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" rx="10" fill="%s"/>`+"\n", back)
	for y := range h {
		for x := 0; x < w; {
			cell := buf.CellAt(x, y)
			if cell == nil || cell.Width == 0 {
				x++
				continue
			}
			style := cell.Style
			var text strings.Builder
			from := x
			for x < w {
				c := buf.CellAt(x, y)
				if c == nil || !c.Style.Equal(&style) {
					break
				}
				text.WriteString(c.Content)
				x += max(c.Width, 1)
			}
			svgRun(&out, svgStyle(style, fore, back), pad+from*cw, pad+y*ch, (x-from)*cw, ch, text.String())
		}
	}
	out.WriteString("</svg>\n")
	return out.String()
}

type svgLook struct {
	fore, back string
	bold       bool
	under      bool
	faint      bool
}

func svgStyle(s uv.Style, fore, back string) svgLook {
	l := svgLook{fore: fore, bold: s.Attrs&uv.AttrBold != 0, faint: s.Attrs&uv.AttrFaint != 0, under: s.Underline != 0}
	if s.Fg != nil {
		l.fore = hexColour(s.Fg)
	}
	if s.Bg != nil {
		l.back = hexColour(s.Bg)
	}
	if s.Attrs&uv.AttrReverse != 0 {
		if l.back == "" {
			l.back = back
		}
		l.fore, l.back = l.back, l.fore
	}
	return l
}

func hexColour(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

func svgRun(out *strings.Builder, l svgLook, x, y, w, h int, text string) {
	if l.back != "" {
		fmt.Fprintf(out, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", x, y, w, h, l.back)
	}
	trimmed := strings.TrimRight(text, " ")
	if trimmed == "" {
		return
	}
	attrs := ""
	if l.bold {
		attrs += ` font-weight="bold"`
	}
	if l.under {
		attrs += ` text-decoration="underline"`
	}
	if l.faint {
		attrs += ` opacity="0.6"`
	}
	width := ansi.StringWidth(trimmed) * 9
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(trimmed)
	fmt.Fprintf(out, `<text x="%d" y="%d" fill="%s"%s textLength="%d" xml:space="preserve">%s</text>`+"\n", x, y+14, l.fore, attrs, width, escaped)
}
