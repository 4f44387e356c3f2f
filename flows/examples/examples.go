// Package examples holds flows to start from. Each is one short file, with a
// table of examples beside it, and does something that the others don't:
//
//   - [TwoPeople] lets two people decide over the accounts that matter most, and
//     goes on to the directors when they are silent.
//   - [OfficeHours] keeps each region's customers to the people and the hours of
//     that region.
//   - [BreakGlass] lets who is on call in at once, and has it reviewed
//     afterwards.
//   - [Consent] asks the customer themselves.
//
// A bot has them by naming them in its main, and runs the one that its flows
// file provisions. To change one, copy its file.
package examples
