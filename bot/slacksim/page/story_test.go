package page_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestTwoPeopleAskAndDecide(t *testing.T) {
	th := open(t)
	b := th.browse(t, 1280, 900)
	b.see("right", "Mia Falk")

	b.write("left", "Type a command as Kim Berg", "hello"+kb.Enter)
	b.see("left", "This box takes slash commands")
	b.write("left", "Type a command as Kim Berg", kb.Home+kb.Shift+kb.End+kb.Delete)
	evaluate[any](b, `document.getElementById('left-box').value = ''`)
	b.write("left", "Type a command as Kim Berg", "/lend"+kb.Enter)
	b.see("left", "Borrow an umbrella")

	b.press("left", "Ask")
	b.see("left", "Please complete this required field.")
	b.write("left", "Umbrella", "gre")
	b.wait("to see only what matches", `document.querySelector('#left [role=listbox]:not([hidden])')?.innerText.trim().startsWith('Green')`)
	b.write("left", "Umbrella", kb.ArrowDown+kb.Enter)
	b.write("left", "Why", "for the beach")
	b.press("left", "Ask")
	b.see("left", "Not for the beach.")
	b.write("left", "Why", ", no: Bergen")
	b.gone("left", "no such thing")
	b.press("left", "Ask")
	b.see("left", "Not for the beach.")
	b.press("left", "Close")
	b.gone("left", "Borrow an umbrella")
}

func TestACardChangesOnBothScreens(t *testing.T) {
	th := open(t)
	b := th.browse(t, 1280, 900)
	b.write("left", "Type a command as Kim Berg", "/lend red"+kb.Enter)
	b.see("left", "Borrow an umbrella")
	b.write("left", "Why", "Bergen")
	b.press("left", "Ask")
	b.see("left", "Asked for Red umbrella.")
	b.see("right", "@Kim Berg asks for Red umbrella: <b>Bergen</b>")

	b.press("right", "Keep")
	b.see("right", "Rain is likely.")
	b.press("right", "Back")
	b.gone("right", "Rain is likely.")
	b.press("right", "Lend")
	b.see("left", "Lent by @Mia Falk")
	b.see("right", "Lent by @Mia Falk")
	b.gone("right", "Keep")
}

func TestAPhoneShowsOnePersonAndWhoHasNews(t *testing.T) {
	th := open(t)
	b := th.browse(t, 390, 800)
	b.gone("right", "Mia Falk")
	b.write("left", "Type a command as Kim Berg", "/lend blue"+kb.Enter)
	b.see("left", "Borrow an umbrella")
	b.write("left", "Why", "Oslo")
	b.press("left", "Ask")
	b.wait("to see that Mia has news", `document.getElementById('right-switch').innerText.startsWith('MF\nMia Falk\n1')`)
	b.do(chromedp.Click(`#right-switch`))
	b.see("right", "@Kim Berg asks for Blue umbrella")
	b.wait("Kim's screen to go", `!document.getElementById('left')`)
	b.press("right", "Home")
	b.see("right", "Umbrellas at home")
	b.do(chromedp.Focus(`#right-switch`), chromedp.KeyEvent(kb.ArrowLeft))
	b.see("left", "Asked for Blue umbrella.")
	b.do(chromedp.SetValue(`#left-who`, th.mia.ID), chromedp.Evaluate[chromedp.Void](`document.getElementById('left-who').dispatchEvent(new Event('change'))`))
	b.see("left", "@Kim Berg asks for Blue umbrella")
	b.press("left", "Home")
	b.see("left", "Umbrellas at home")
	b.press("left", "#weather")
	b.write("left", "Write in #weather", "It rains at https://bergen.example/"+kb.Enter)
	b.see("left", "It rains at")
	b.press("left", "Messages")
	wide := evaluate[bool](b, `document.documentElement.scrollWidth > innerWidth`)
	if wide {
		t.Error("the page is wider than a phone")
	}
}

func TestAWindowThatLagsClicksTooLate(t *testing.T) {
	th := open(t)
	b := th.browse(t, 1280, 900)
	b.write("left", "Type a command as Kim Berg", "/lend red"+kb.Enter)
	b.see("left", "Borrow an umbrella")
	b.write("left", "Why", "Bergen")
	b.press("left", "Ask")
	b.see("right", "@Kim Berg asks for Red umbrella")
	b.press("right", "Hold cards still")
	b.press("right", "Lend")
	b.see("left", "Lent by @Mia Falk")
	b.see("right", "Keep")
	b.press("right", "Lend")
	b.press("right", "Hold cards still")
	b.see("right", "Lent by @Mia Falk")
	b.gone("right", "Keep")
}
