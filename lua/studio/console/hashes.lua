--- The hashes of the console's styles and scripts, for the policy of pages that have them within; `make generate` writes this file.
-- @module studio.console.hashes

return {
  ["report.css"] = "1BX0+iXO80+hC+vwK+AVPCvKSh8+yZvTmbRu6WO5R04=",
  ["style.css"] = "sMcg5Cx6A0oK2jjBBE3Dg7zfUcn7fyue7WvMEobdXIs=",
  ["base.js"] = "vwH42sYQfD7rKz65psKkC5WF2RqWF5RihtmuyYUka4Y=",
  ["layout.js"] = "ujoZ0rR597TqsFucN7QikjTfdN1tKFhQRsA+Gt0qY3c=",
  ["canvas.js"] = "0gSTJcilhxCVTO3437L4A56mwmxA5Z4Fp0/6NyMRtfU=",
  ["panels.js"] = "pHQC41D4zvmDYytS5KCYKvX/5IjnleYE6POdCTBTZ1w=",
  ["page.js"] = "ICGyH9vzXX4H81j7OGzOenHuvPvCkPEjVhwnIivgchY=",
  ["telephone.js"] = "Ezpk8N7dpT4pkKXpgHbz1B2ZT1vMM+8DBTfxbAVbT7U=",
  ["console.js"] = "68GRNSBna/Rib1Bo2Jx3ZeuUhxdsRJZELgjfIas9XcY=",
}
