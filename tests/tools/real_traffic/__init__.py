"""Real servers and clients around proxies, measured side by side; `tests/real-traffic` is the command.

command     options, and the run as a whole
house       the folder, the ports and the processes of a run, all of which end with it
servers     PostgreSQL, Redis and nginx
proxies     Sluice, HAProxy and nginx's stream module, each in front of all the servers
group       a control group that a process may use so much CPU in
clients     the loads, and what they tell
rows        what is measured, and against what
machine     CPU of processes and of the machine, and whether it is quiet
measuring   rounds in rotation
report      medians, paired ratios, tables and JSON
"""
