--- The hashes of the console's styles and scripts, for the policy of pages that have them within; `make generate` writes this file.
-- @module studio.console.hashes

return {
  ["report.css"] = "1BX0+iXO80+hC+vwK+AVPCvKSh8+yZvTmbRu6WO5R04=",
  ["style.css"] = "535k1lJRu6PUXyxAlU1ycppbviLgMt70kp78IJa0gkg=",
  ["base.js"] = "vwH42sYQfD7rKz65psKkC5WF2RqWF5RihtmuyYUka4Y=",
  ["layout.js"] = "43pCQuXJfSW42mWEZYXVGlwRiWeLGa9H96uH2gbsq3k=",
  ["canvas.js"] = "oVWByBzN7TLJoE/q5ezZFx/FCrIR2ETonmk6FUyw50c=",
  ["panels.js"] = "uWxPOCcEnS7JQe5P09JRm84UdanER9dkmTZTPbXp2iA=",
  ["page.js"] = "ICGyH9vzXX4H81j7OGzOenHuvPvCkPEjVhwnIivgchY=",
  ["telephone.js"] = "tXTcAs2yuU/zVN9oOUXUmDW7metgEQ3cfZiZqmPm8s4=",
  ["console.js"] = "FGT9G2gbJ2QHksilhxn2DSh+58tFmaWIdyhtEFSEGFo=",
}
