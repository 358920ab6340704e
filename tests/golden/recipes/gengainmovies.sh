#!/bin/sh
# gengainmovies: Make movies of the gains of products and register them
# Made by `ledama recipe print gengainmovies`; stops at the first step that fails.
set -eu
cd [WORK]

# gains-3
ledama run GetGains --ldsbpids 3 --subbands 0,10,20,30,40,50,60,70,80,90,100,110,120,130,140,150,160,170,180,190,200,210,220,230,240,250,260,270,280,290,300,310,320,330,340,350,360,370,380 --output LDSBP_3.diag.json

# movie-3, after gains-3
ledama run GainAnimation --diagfile LDSBP_3.diag.json --output movies/LDSBP_3/gains_time

# gains-5
ledama run GetGains --ldsbpids 5 --subbands 0,10,20,30,40,50,60,70,80,90,100,110,120,130,140,150,160,170,180,190,200,210,220,230,240,250,260,270,280,290,300,310,320,330,340,350,360,370,380 --output LDSBP_5.diag.json

# movie-5, after gains-5
ledama run GainAnimation --diagfile LDSBP_5.diag.json --output movies/LDSBP_5/gains_time

# register, after movie-3, movie-5
ledama run UpdateLEDDBNodeMovies --mpath movies
