/**
 * The booking panel's script: window.bookneticHooks, and one `booknetic` object for each panel.
 */
( function ( $ ) {
	'use strict';

	const hooks = {};

	/**
	 * Callbacks of a key run in the order of their registration; one with an id replaces the earlier one of that id,
	 * and null in its place removes it.
	 * An action is a filter without a value: as soon as one callback returns something, that something becomes the
	 * first argument of the next ones. That trap is Booknetic's, and code that hooks in has to live with it.
	 */
	window.bookneticHooks = {
		addFilter( key, fn, id ) {
			const name = key.toLowerCase();
			const slot = undefined === id ? Symbol( name ) : id;

			hooks[ name ] = hooks[ name ] || new Map();

			if ( null === fn ) {
				hooks[ name ].delete( slot );
			} else {
				hooks[ name ].set( slot, fn );
			}
		},

		addAction( key, fn, id ) {
			this.addFilter( key, fn, id );
		},

		doFilter( key, value, ...args ) {
			( hooks[ key.toLowerCase() ] || [] ).forEach( ( fn ) => {
				value = undefined === value ? fn( ...args ) : fn( value, ...args );
			} );

			return value;
		},

		doAction( key, ...args ) {
			this.doFilter( key, undefined, ...args );
		},
	};

	const addFilter = ( ...all ) => window.bookneticHooks.addFilter( ...all );
	const doFilter = ( ...all ) => window.bookneticHooks.doFilter( ...all );
	const doAction = ( ...all ) => window.bookneticHooks.doAction( ...all );

	const text = ( key ) => window.BookneticData.localization[ key ];

	/** The earlier choices that a step's HTML was made for; null is a step that is asked for anew each time. */
	const STEP_DEPENDS_ON = {
		location: [],
		service: [ 'location' ],
		service_extras: [ 'service' ],
		staff: [ 'location', 'service' ],
		date_time: [ 'location', 'service', 'staff' ],
		recurring_info: null,
		information: [],
		cart: null,
		confirm_details: null,
	};

	const TYPING_PAUSE_MS = 500;
	const AFTER_BLUR_MS = 100;

	const PAYMENT_POLL_MS = 3000;

	function refuse( result, message ) {
		return Object.assign( {}, result, { status: false, errorMsg: message } );
	}

	function requireChoice( step, message ) {
		addFilter( 'step_validation_' + step, ( result, booknetic ) =>
			booknetic.getSelected[ step ]() ? result : refuse( result, text( message ) )
		);
	}

	requireChoice( 'location', 'select_location' );
	requireChoice( 'service', 'select_service' );
	requireChoice( 'staff', 'select_staff' );

	addFilter( 'step_validation_date_time', ( result, booknetic ) => {
		const { isRecurring, recurring, time } = booknetic.getSelected;
		const isChosen = isRecurring() ? recurring( 'start_date' ) && recurring( 'end_date' ) : time();

		return isChosen ? result : refuse( result, text( 'select_time' ) );
	} );

	addFilter( 'step_validation_recurring_info', ( result, booknetic ) =>
		booknetic.getSelected.dateTime().length > 0 ? result : refuse( result, text( 'select_time' ) )
	);

	addFilter( 'step_validation_information', ( result, booknetic ) => {
		const inputs = booknetic.stepManager.body( 'information' ).find( 'input:visible' );
		const wrong = inputs.filter( ( _, input ) => ! input.checkValidity() );

		inputs.each( ( _, input ) => input.setAttribute( 'aria-invalid', String( ! input.checkValidity() ) ) );

		if ( 0 === wrong.length ) {
			return result;
		}

		wrong.first().trigger( 'focus' );

		return refuse( result, text( wrong[ 0 ].validity.typeMismatch ? 'email_invalid' : 'fill_required' ) );
	} );

	function pad( number ) {
		return String( number ).padStart( 2, '0' );
	}

	/** The server escapes a step's HTML once more for its journey. */
	function unescapeHtml( escaped ) {
		const area = document.createElement( 'textarea' );
		area.innerHTML = escaped;

		return area.value;
	}

	/** Draws the month of the first free day, and the times of a chosen day. */
	function Calendar( root ) {
		const element = root.find( '.booknetic_calendar' );
		const dates = element.data( 'dates' );
		const days = Object.keys( dates ).sort();
		const locale = document.documentElement.lang || undefined;
		let month = days[ 0 ].slice( 0, 7 );

		const monthOf = ( offset ) => {
			const [ year, number ] = month.split( '-' ).map( Number );
			const date = new Date( year, number - 1 + offset, 1 );

			return date.getFullYear() + '-' + pad( date.getMonth() + 1 );
		};

		const label = ( date, options ) => new Intl.DateTimeFormat( locale, options ).format( new Date( date + 'T00:00:00' ) );

		function turn( offset, symbol, name ) {
			const target = monthOf( offset );
			const reachable = target >= days[ 0 ].slice( 0, 7 ) && target <= days[ days.length - 1 ].slice( 0, 7 );

			return $( '<button type="button">' )
				.addClass( 'booknetic_' + name + '_month' )
				.attr( 'aria-label', label( target + '-01', { month: 'long', year: 'numeric' } ) )
				.prop( 'disabled', ! reachable )
				.text( symbol )
				.on( 'click', () => {
					month = target;
					draw();
				} );
		}

		function day( date ) {
			const free = ( dates[ date ] || [] ).length > 0;

			return $( '<button type="button">' )
				.addClass( free ? 'booknetic_calendar_days' : 'booknetic_calendar_days booknetic_calendar_full_day' )
				.attr( { 'data-date': date, 'aria-label': label( date, { dateStyle: 'full' } ), 'aria-pressed': 'false' } )
				.prop( 'disabled', ! free )
				.text( Number( date.slice( 8 ) ) );
		}

		function draw() {
			const [ year, number ] = month.split( '-' ).map( Number );
			const starts = 'sunday' === window.BookneticData.week_starts_on ? 0 : 1;
			const blanks = ( new Date( year, number - 1, 1 ).getDay() - starts + 7 ) % 7;
			const length = new Date( year, number, 0 ).getDate();
			const grid = $( '<div class="booknetic_calendar_grid">' );

			for ( let i = 0; i < 7; i++ ) {
				// The first of August 2021 was a Sunday.
				grid.append( $( '<span class="booknetic_calendar_weekday">' ).text( label( '2021-08-0' + ( 1 + ( ( i + starts ) % 7 ) ), { weekday: 'short' } ) ) );
			}
			for ( let i = 0; i < blanks; i++ ) {
				grid.append( '<span class="booknetic_calendar_empty_day"></span>' );
			}
			for ( let i = 1; i <= length; i++ ) {
				grid.append( day( month + '-' + pad( i ) ) );
			}

			element.empty().append(
				$( '<div class="booknetic_calendar_head">' ).append(
					turn( -1, '‹', 'prev' ),
					$( '<span class="booknetic_calendar_month" aria-live="polite">' ).text( label( month + '-01', { month: 'long', year: 'numeric' } ) ),
					turn( 1, '›', 'next' )
				),
				grid
			);
		}

		element.on( 'click', '.booknetic_calendar_days', ( event ) => {
			const date = event.currentTarget.dataset.date;

			element.find( '.booknetic_calendar_selected_day' ).removeClass( 'booknetic_calendar_selected_day' ).attr( 'aria-pressed', 'false' );
			$( event.currentTarget ).addClass( 'booknetic_calendar_selected_day' ).attr( 'aria-pressed', 'true' );

			root.find( '.booknetic_times_title' ).text( label( date, { dateStyle: 'full' } ) );
			root.find( '.booknetic_times_list' ).empty().append(
				dates[ date ].map( ( time ) =>
					$( '<button type="button" class="booknetic_time_element" aria-pressed="false">' )
						.attr( { 'data-date-original': date, 'data-time': time } )
						.text( time )
				)
			);
		} );

		root.on( 'click', '.booknetic_time_element', ( event ) => {
			root.find( '.booknetic_selected_time' ).removeClass( 'booknetic_selected_time' ).attr( 'aria-pressed', 'false' );
			$( event.currentTarget ).addClass( 'booknetic_selected_time' ).attr( 'aria-pressed', 'true' );
		} );

		root.find( '.booknetic_times_title' ).text( text( 'no_times' ) );
		draw();
	}

	/** What is chosen: on the page if the step is there, else what was preset. */
	function Selected( booknetic ) {
		const chosen = ( step, selector ) => {
			const card = booknetic.stepManager.body( step ).find( selector );

			return card.length > 0 ? String( card.data( 'id' ) ) : String( booknetic.info[ step ] || '' );
		};
		const slot = () => booknetic.stepManager.body( 'date_time' ).find( '.booknetic_selected_time' );
		const dates = () => booknetic.stepManager.body( 'recurring_info' ).find( '.booknetic_recurring_date' ).get();
		const input = ( name ) => booknetic.stepManager.body( 'information' ).find( 'input[name="' + name + '"]' );

		return {
			location: () => chosen( 'location', '.booknetic_card_selected' ),
			staff: () => chosen( 'staff', '.booknetic_card_selected' ),
			service: () => chosen( 'service', '.booknetic_service_card_selected' ),
			serviceCategory: () => booknetic.info.category || '',
			serviceExtras: () =>
				booknetic.stepManager.body( 'service_extras' ).find( '.booknetic_service_extra_card' ).get()
					.map( ( card ) => ( { extra: Number( card.dataset.id ), quantity: Number( $( card ).find( 'input' ).val() ) } ) )
					.filter( ( { quantity } ) => quantity > 0 ),
			date: () => String( slot().attr( 'data-date-original' ) || '' ),
			time: () => String( slot().attr( 'data-time' ) || '' ),
			dateTime: () =>
				slot().length > 0
					? [ [ booknetic.getSelected.date(), booknetic.getSelected.time() ] ]
					: dates().map( ( date ) => [ date.dataset.date, date.dataset.time ] ),
			isRecurring: () => booknetic.stepManager.body( 'date_time' ).find( '.booknetic_recurring' ).length > 0,
			recurring: ( name ) => String( booknetic.stepManager.body( 'date_time' ).find( '[name="recurring_' + name + '"]' ).val() || '' ),
			/** JSON: day of the week, 1 is Monday => time. */
			recurringTimes: () => {
				const first = booknetic.getSelected.recurring( 'start_date' );

				return JSON.stringify( first ? { [ new Date( first + 'T00:00:00' ).getDay() || 7 ]: booknetic.getSelected.recurring( 'time' ) } : {} );
			},
			customerId: () => Number( input( 'email' ).attr( 'data-customer-id' ) || -1 ),
			paymentMethod: () => String( booknetic.panel_js.find( '.booknetic_payment_method_selected' ).data( 'payment-type' ) || 'local' ),
			formData: () => ( {
				email: String( input( 'email' ).val() || '' ).trim(),
				first_name: String( input( 'first_name' ).val() || '' ).trim(),
				last_name: String( input( 'last_name' ).val() || '' ).trim(),
				phone: String( input( 'phone' ).val() || '' ).replace( /[^\d+]/g, '' ),
			} ),
		};
	}

	function StepManager( booknetic ) {
		const panel = booknetic.panel_js;
		/** The steps that this item goes through: a series has one more. */
		const path = () =>
			panel.data( 'steps' ).filter( ( step ) => ( 'recurring_info' === step.id ? booknetic.getSelected.isRecurring() : ! step.hidden ) );
		/** Step id => the choices that its HTML was made for. */
		const madeFor = {};

		const manager = {
			currentStepId: panel.data( 'steps' ).find( ( step ) => ! step.hidden ).id,

			body: ( id ) => panel.find( '.booknetic_appointment_container_body > [data-step-id="' + id + '"]' ),

			saveData() {
				const chosen = booknetic.getSelected;

				booknetic.cartArr[ booknetic.cartCurrentIndex ] = doFilter( 'bkntc_cart', {
					...( 'location_category' in booknetic.info ? { location_category: booknetic.info.location_category } : {} ),
					location: chosen.location(),
					staff: chosen.staff(),
					service_category: chosen.serviceCategory(),
					service: chosen.service(),
					service_extras: chosen.serviceExtras(),
					date: chosen.date(),
					time: chosen.time(),
					brought_people_count: 0,
					recurring_start_date: chosen.recurring( 'start_date' ),
					recurring_end_date: chosen.recurring( 'end_date' ),
					recurring_times: chosen.recurringTimes(),
					appointments: JSON.stringify( chosen.dateTime() ),
					customer_id: chosen.customerId(),
					customer_data: chosen.formData(),
				}, booknetic );
			},

			goForward() {
				const old = manager.currentStepId;
				const verdict = doFilter( 'step_validation_' + old, { status: true, errorMsg: '' }, booknetic );

				if ( ! verdict.status ) {
					booknetic.showWarning( verdict.errorMsg );

					return;
				}

				booknetic.hideWarning();
				manager.saveData();
				doAction( 'step_end_' + old, booknetic );

				const steps = path();
				const next = steps[ steps.findIndex( ( step ) => step.id === old ) + 1 ];

				if ( next ) {
					manager.loadStep( next.id, old );
				}
			},

			/** Begins at the first step again, for one more item; who is booking need not be said twice. */
			addItem() {
				path().filter( ( step ) => 'information' !== step.id ).forEach( ( step ) => {
					manager.body( step.id ).remove();
					delete madeFor[ step.id ];
				} );
				booknetic.cartCurrentIndex = booknetic.cartArr.length;
				manager.loadStep( path()[ 0 ].id, 'cart' );
			},

			goBack() {
				const steps = path();
				const at = steps.findIndex( ( step ) => step.id === manager.currentStepId );

				if ( at > 0 ) {
					booknetic.hideWarning();
					manager.show( steps[ at - 1 ].id );
				}
			},

			loadStep( id, old ) {
				doAction( 'before_step_loading', booknetic, id, old );

				if ( madeFor[ id ] && madeFor[ id ] === manager.choicesBefore( id ) ) {
					manager.show( id );
					doAction( 'loaded_cached_step', booknetic, id );

					return;
				}
				if ( ! doFilter( 'load_step_' + id, booknetic ) ) {
					return;
				}

				doAction( 'start_step_loading', booknetic, id, old );

				booknetic.ajax(
					'get_data',
					booknetic.ajaxParameters( { current_step: id, previous_step: old, info: panel.attr( 'data-info' ) } ),
					( result ) => {
						manager.insert( id, unescapeHtml( result.html ) );
						manager.show( id );
						doAction( 'loaded_step', booknetic, id, old, result );
						doAction( 'loaded_step_' + id, booknetic, result );
					},
					( result ) => doAction( 'step_loaded_with_error', booknetic, id, old, result )
				);
			},

			insert( id, html ) {
				manager.body( id ).remove();
				$( '<div>' ).attr( 'data-step-id', id ).html( html ).appendTo( panel.find( '.booknetic_appointment_container_body' ) );
				manager.prepare( id );
			},

			prepare( id ) {
				madeFor[ id ] = manager.choicesBefore( id );

				if ( 'date_time' === id && ! booknetic.getSelected.isRecurring() ) {
					Calendar( manager.body( id ) );
				}
			},

			show( id ) {
				const steps = path();
				const step = steps.find( ( one ) => one.id === id );
				const at = steps.indexOf( step );
				const header = panel.find( '.booknetic_appointment_container_header' );

				manager.currentStepId = id;
				panel.find( '.booknetic_appointment_container_body > [data-step-id]' ).hide();
				manager.body( id ).show();
				panel.find( '.booknetic_appointment_step_element' ).each( ( _, element ) => {
					const position = steps.findIndex( ( one ) => one.id === element.dataset.stepId );

					$( element )
						.toggleClass( 'booknetic_menu_hidden', position < 0 )
						.toggleClass( 'booknetic_active_step', position === at )
						.toggleClass( 'booknetic_selected_step', position < at )
						.attr( 'aria-current', position === at ? 'step' : null )
						.find( '.booknetic_badge' ).text( position + 1 );
				} );
				panel.find( '.booknetic_prev_step' ).prop( 'hidden', 0 === at );
				panel.find( '.booknetic_next_step' ).prop( 'hidden', 'confirm_details' === id );
				panel.find( '.booknetic_confirm_booking_btn' ).prop( 'hidden', 'confirm_details' !== id );
				header.text( step.head_title ).trigger( 'focus' );
			},

			choicesBefore( id ) {
				const names = STEP_DEPENDS_ON[ id ];

				return names ? JSON.stringify( names.map( ( name ) => booknetic.getSelected[ name ]() ) ) : null;
			},
		};

		return manager;
	}

	/** Asks, a moment after the visitor has stopped typing, whether the address is a known customer's. */
	function watchIdentifier( booknetic ) {
		const panel = booknetic.panel_js;
		let timer;

		function ask() {
			booknetic.ajax( 'check_customer_exist', booknetic.ajaxParameters(), ( result ) => {
				const known = result.customer_id > 0;
				const form = booknetic.stepManager.body( 'information' );

				form.find( '.bkntc_input_identifier_input' ).attr( 'data-customer-id', result.customer_id );
				form.find( '.booknetic_hidden_for_known' ).toggle( ! known );
				form.find( '.booknetic_known_customer' ).text( known ? text( 'welcome_back' ) : '' );
			}, () => {}, true );
		}

		function askIn( milliseconds ) {
			clearTimeout( timer );
			timer = setTimeout( ask, milliseconds );
		}

		panel.on( 'input', '.bkntc_input_identifier_input', () => askIn( TYPING_PAUSE_MS ) );
		panel.on( 'focusout', '.bkntc_input_identifier_input', () => askIn( AFTER_BLUR_MS ) );
	}

	function confirmBooking( booknetic ) {
		booknetic.ajax(
			{ backend_action: 'get_data', frontend_action: 'confirm' },
			booknetic.ajaxParameters( { current_step: 'confirm', previous_step: 'confirm_details', info: booknetic.panel_js.attr( 'data-info' ) } ),
			( result ) => {
				booknetic.appointmentId = result.id;
				booknetic.paymentId = result.payment_id;

				if ( result.url ) {
					awaitPayment( booknetic, result );

					return;
				}

				booknetic.paymentStatus = true;
				booknetic.finish();
			}
		);
	}

	/** Opens the gateway's window; asks until it is paid, the visitor has closed the window or the time is over. */
	function awaitPayment( booknetic, result ) {
		const method = booknetic.getSelected.paymentMethod();
		const payment = window.open( result.url );

		function end( isPaid ) {
			booknetic.paymentStatus = isPaid;
			doAction( 'after_processing_payment', method, isPaid, result );
			doAction( 'payment_completed', isPaid, result );

			if ( ! isPaid ) {
				booknetic.showScreen( 'booknetic_payment_failed' );
				doAction( 'payment_error', booknetic );

				return;
			}
			if ( payment ) {
				payment.close();
			}

			doAction( 'payment_completed_deprecated', booknetic );
			booknetic.finish();
		}

		function ask() {
			const isLast = ( payment && payment.closed ) || Date.now() > result.expires_at * 1000;
			const params = new FormData();
			const askAgain = () => setTimeout( ask, PAYMENT_POLL_MS );

			params.append( 'id', booknetic.appointmentId );
			booknetic.ajax( 'isPaymentDone', params, ( answer ) => ( answer.isDone || isLast ? end( answer.isDone ) : askAgain() ), askAgain, true );
		}

		doAction( 'before_processing_payment', method, result );
		booknetic.panel_js.find( '.booknetic_payment_link' ).attr( 'href', result.url );
		booknetic.showScreen( 'booknetic_payment_waiting' );
		setTimeout( ask, PAYMENT_POLL_MS );
	}

	/** Deletes what was not paid, and offers the confirmation once more. */
	function tryAgain( booknetic ) {
		const params = new FormData();
		const confirmAgain = () => booknetic.showScreen();

		params.append( 'payment_id', booknetic.paymentId );
		booknetic.ajax( 'delete_unpaid_appointment', params, confirmAgain, confirmAgain );
	}

	function bindPanel( booknetic ) {
		const panel = booknetic.panel_js;
		const choose = ( card, selectedClass ) => {
			card.siblings( '.' + selectedClass ).removeClass( selectedClass ).attr( 'aria-pressed', 'false' );
			card.addClass( selectedClass ).attr( 'aria-pressed', 'true' );
		};

		panel.on( 'click', '.booknetic_service_card', ( event ) => choose( $( event.currentTarget ), 'booknetic_service_card_selected' ) );
		panel.on( 'click', '.booknetic_card', ( event ) => choose( $( event.currentTarget ), 'booknetic_card_selected' ) );
		panel.on( 'click', '.booknetic_payment_method', ( event ) => choose( $( event.currentTarget ), 'booknetic_payment_method_selected' ) );
		panel.on( 'input', '[aria-invalid]', ( event ) => event.currentTarget.removeAttribute( 'aria-invalid' ) );
		panel.on( 'click', '.booknetic_next_step', () => booknetic.stepManager.goForward() );
		panel.on( 'click', '.booknetic_prev_step', () => booknetic.stepManager.goBack() );
		panel.on( 'click', '.booknetic_confirm_booking_btn', () => confirmBooking( booknetic ) );
		panel.on( 'click', '.booknetic_add_to_cart', () => booknetic.stepManager.addItem() );
		panel.on( 'click', '.booknetic_try_again_btn', () => tryAgain( booknetic ) );
	}

	window.bookneticInitBookingPage = function ( element ) {
		const panel = $( element );

		const booknetic = {
			panel_js: panel,
			info: panel.data( 'info' ),
			cartArr: [ {} ],
			cartCurrentIndex: 0,
			appointmentId: null,
			paymentId: null,
			paymentStatus: null,

			getURLQueryParams: () => Object.fromEntries( new URLSearchParams( window.location.search ) ),

			/** Everything that a request of this panel carries, with the cart as it is now. */
			ajaxParameters( extra ) {
				const data = new FormData();

				booknetic.stepManager.saveData();

				Object.entries( extra || {} ).forEach( ( [ name, value ] ) => data.append( name, value ) );
				// Without tenants there is no tenant_id: the server is sent the word "undefined".
				data.append( 'tenant_id', panel.data( 'tenant_id' ) );
				data.append( 'payment_method', booknetic.getSelected.paymentMethod() );
				data.append( 'deposit_full_amount', 0 );
				data.append( 'client_time_zone', 'on' === window.BookneticData.client_time_zone ? Intl.DateTimeFormat().resolvedOptions().timeZone : '-' );
				data.append( 'google_recaptcha_token', '' );
				data.append( 'google_recaptcha_action', '' );
				data.append( 'cart', JSON.stringify( booknetic.cartArr ) );
				data.append( 'current', booknetic.cartCurrentIndex );
				data.append( 'query_params', JSON.stringify( booknetic.getURLQueryParams() ) );

				return doFilter( 'appointment_ajax_data', data, booknetic );
			},

			/**
			 * @param {string|Object} action  Name, or backend_action for the server and frontend_action for hooks.
			 * @param {FormData}      params  As from ajaxParameters().
			 * @param {Function}      done    Given the reply.
			 * @param {Function}      [failed] Given the reply, or null if there was none.
			 * @param {boolean}       [quiet] Neither locks the panel nor shows an error.
			 */
			ajax( action, params, done, failed, quiet ) {
				const name = action.frontend_action || action;

				params = doFilter( 'ajax', params, booknetic );
				params = doFilter( 'ajax_' + name, params, booknetic );
				doAction( 'ajax_before_' + name, params, booknetic );
				params.append( 'action', 'bkntc_' + ( action.backend_action || action ) );

				if ( ! quiet ) {
					booknetic.setBusy( true );
				}

				const fail = ( result ) => {
					if ( ! quiet ) {
						booknetic.showWarning( ( result && result.error_msg ) || text( 'went_wrong' ) );
					}
					doAction( 'ajax_after_' + name + '_error', booknetic, params, result );
					if ( failed ) {
						failed( result );
					}
				};

				$.ajax( { url: window.BookneticData.ajax_url, method: 'POST', data: params, processData: false, contentType: false, dataType: 'json' } )
					.always( () => quiet || booknetic.setBusy( false ) )
					.done( ( result ) => {
						if ( ! result || 'ok' !== result.status ) {
							fail( result );

							return;
						}

						doAction( 'ajax_after_' + name + '_success', booknetic, params, result );
						done( result );
					} )
					.fail( () => fail( null ) );
			},

			ajaxAsync: ( action, params ) =>
				new Promise( ( resolve, reject ) => booknetic.ajax( action, params, resolve, reject ) ),

			/** Shows the last screen, or leaves for the address that the owner has set. */
			finish() {
				const { settings } = window.BookneticData;

				if ( settings.redirect_users_on_confirm && settings.redirect_users_on_confirm_url ) {
					window.location.href = settings.redirect_users_on_confirm_url;

					return;
				}

				panel.find( '.booknetic_appointment_finished_code' ).text( booknetic.appointmentId );
				booknetic.showScreen( 'booknetic_appointment_finished' );
				doAction( 'booking_finished_successfully', booknetic );
			},

			/** Shows one of the screens that come after the steps; without a name, the steps. */
			showScreen( name ) {
				const screens = panel.find( '.booknetic_payment_waiting, .booknetic_payment_failed, .booknetic_appointment_finished' );

				panel.find( '.booknetic_appointment_steps, .booknetic_appointment_container' ).toggle( ! name );
				screens.prop( 'hidden', true ).filter( '.' + name ).prop( 'hidden', false ).find( 'h2' ).trigger( 'focus' );
			},

			showWarning: ( message ) => panel.find( '.booknetic_warning_message' ).text( message ).prop( 'hidden', false ),
			hideWarning: () => panel.find( '.booknetic_warning_message' ).text( '' ).prop( 'hidden', true ),

			setBusy( busy ) {
				panel.toggleClass( 'booknetic_loading', busy ).attr( 'aria-busy', String( busy ) );
				panel.find( '.booknetic_appointment_container_footer button' ).prop( 'disabled', busy );
			},
		};

		booknetic.getSelected = Selected( booknetic );
		booknetic.stepManager = StepManager( booknetic );

		const first = booknetic.stepManager.currentStepId;

		doAction( 'before_step_loading', booknetic, first, undefined );
		booknetic.stepManager.prepare( first );
		bindPanel( booknetic );
		watchIdentifier( booknetic );
		doAction( 'booking_panel_loaded', booknetic );
	};

	$( () => $( '.booknetic_appointment' ).each( ( _, element ) => window.bookneticInitBookingPage( element ) ) );
}( window.jQuery ) );
