--- The version of this library; the only place that states it.
return "0.1.0"
