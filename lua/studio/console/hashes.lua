--- The hashes of the console's styles and scripts, for the policy of pages that have them within; `make generate` writes this file.
-- @module studio.console.hashes

return {
  ["report.css"] = "1BX0+iXO80+hC+vwK+AVPCvKSh8+yZvTmbRu6WO5R04=",
  ["style.css"] = "ZFbxQaJzOBy58kywWa19NqWN8XWoDZzQB1Cw4JfIyvc=",
  ["base.js"] = "vwH42sYQfD7rKz65psKkC5WF2RqWF5RihtmuyYUka4Y=",
  ["layout.js"] = "ujoZ0rR597TqsFucN7QikjTfdN1tKFhQRsA+Gt0qY3c=",
  ["canvas.js"] = "n96qvrXHjEGCMzXfGGOYxxRPHjyBKGywN6buoagQ2dc=",
  ["panels.js"] = "/bpK1ie8tXy8tw6/9y4gkweKX7l2Yi7SmAREeqoBRKs=",
  ["page.js"] = "ICGyH9vzXX4H81j7OGzOenHuvPvCkPEjVhwnIivgchY=",
}
