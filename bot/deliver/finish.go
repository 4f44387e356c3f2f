package deliver

import (
	"context"
	"time"
)

// finishTime is how long what has begun may go on at a shutdown. Whoever has
// the store next waits for it, and clicks with them. A post that is cut is
// looked for by them, as after a crash.
const finishTime = 1500 * time.Millisecond

// outliving is a context that ends a while after ctx, or when it is told to.
func outliving(ctx context.Context, while time.Duration) (longer context.Context, end func()) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(while, cancel) })
	return longer, func() { stop(); cancel() }
}
